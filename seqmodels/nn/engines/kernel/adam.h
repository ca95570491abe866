// A step of Adam, and the sums of the rows of a table's gradient.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seqmodels {

// One step of one weight.
struct Step {
  int64_t count;
  const float *w, *m, *v, *gradient;  // [count]
  float scale, alpha;                 // of the gradient; of this step
  float *new_w, *new_m, *new_v;       // [count]
  int threads;
};

// sums[rows[i]] += values[i], in the order of i.
struct Sum {
  int64_t n, E;
  const float* values;  // [n, E]
  const int32_t* rows;  // [n], from 0 to V - 1
  int64_t V;
  float* sums;  // [V, E]
  int threads;
};

struct AdamEngine {
  void (*step)(const Step&);
  void (*sum)(const Sum&);
  double (*squares)(const float* values, int64_t count);  // their sum
};

// The best that this processor can run, with vectors of at most `bits` bits.
const AdamEngine& adam_engine(int bits);

}  // namespace seqmodels
