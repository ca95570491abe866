// What an LSTM pass is asked: sizes, pointers, and one implementation for each instruction set.
//
// Shapes: B rows, T steps, C channels, H units; row-major; gates in Keras's order i, f, c, o.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seqmodels {

// The distinct ids that a batch reads. Each goes through the kernel once, however often it is
// read: a word's part of the gates is the same everywhere.
struct Lookup {
  const int32_t* slot;  // [B, T], where in `rows` a step's id stands; not set in padding
  const int32_t* rows;  // [count], of the table
  int64_t count;
};

struct Lstm {
  int64_t B, T, C, H;
  bool backward;           // read each row from its own last real step to its first
  bool summary;            // the maximum and the mean over time are wanted
  int threads;
  const float* x;          // [B, T, C]; with `words` the table [V, C] whose rows they are
  const Lookup* words;     // null where x is not ids
  const int32_t* lengths;  // [B], from 1 to T
  const float* kernel;     // [C, 4H]
  const float* recurrent;  // [H, 4H]
  const float* bias;       // [4H]
};

struct Forward {
  const float *h0, *c0;  // [B, H]
  float* steps;          // [B, T, H], or null
  float *h, *c;          // [B, H]
  float *peak, *mean;    // [B, H], with `summary`
  float* kept;           // what the gradient needs, `kept_size` floats, or null
};

struct Gradient {
  const float* kept;    // what the forward pass kept
  const float* dsteps;  // [B, T, H], or null
  const float *dh, *dc;  // [B, H]
  const float *dpeak, *dmean;  // [B, H], with `summary`
  float* dx;            // [B, T, C]; with `words` [U, C]
  float* dkernel;       // [C, 4H]
  float* drecurrent;    // [H, 4H]
  float* dbias;         // [4H]
  float *dh0, *dc0;     // [B, H]
};

struct Engine {
  const char* name;
  size_t (*kept_size)(const Lstm&);
  void (*forward)(const Lstm&, const Forward&);
  void (*gradient)(const Lstm&, const Gradient&);
};

// The best that this processor can run, with vectors of at most `bits` bits.
const Engine& engine(int bits);

}  // namespace seqmodels
