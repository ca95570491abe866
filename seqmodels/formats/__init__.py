"""Files of the usual formats become plain records; nothing here knows of learning."""
