"""Arrays, frames and datasets of other libraries, as they are in memory."""
