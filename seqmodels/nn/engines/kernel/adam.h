// Adam over the rows of a table, and the sums of a batch's gradient that it needs.
//
// Shapes: V rows of the table, U of them distinct in a batch of n ids, E columns; row-major.
#pragma once

#include <cstddef>
#include <cstdint>

namespace seqmodels {

// alpha of each step t, counted from 1:
// rate * sqrt(1 - beta2^t) / (1 - beta1^t) * max(0, 1 - fall * (t - 1)).
class Alpha {
 public:
  Alpha(double rate, double fall);
  float operator()(int64_t step) const {
    const double left = 1 - fall_ * static_cast<double>(step - 1);
    return static_cast<float>(rate_ * (step <= count_ ? corrections_[step - 1] : 1) *
                              (left > 0 ? left : 0));
  }

 private:
  double rate_, fall_;
  const double* corrections_;  // of the steps until it is one
  int64_t count_;
};

// A step of weights that all have a gradient.
struct Step {
  int64_t count;
  const float *w, *m, *v, *gradient;  // [count]
  float scale, alpha;                 // of the gradient; of this step
  float *new_w, *new_m, *new_v;       // [count]
  int threads;
};

// Rows of a table on their way from the step that each has seen to a later one.
struct Rows {
  Rows(const Alpha& alpha, int threads) : alpha(alpha), threads(threads) {}

  Alpha alpha;
  int threads;
  int64_t U = 0, E = 0, V = 0;
  const float *w = nullptr, *m = nullptr, *v = nullptr;  // [U, E]
  const int32_t* which = nullptr;                        // [U], a row's place in `seen`
  const int64_t* seen = nullptr;                         // [V], the last step that each has taken
  int64_t steps = 0;                // later steps up to this one had no gradient
  bool moved = false;               // `w` has taken them already; `m` and `v` have not
  const float* gradient = nullptr;  // [U, E], of the step after these; null: there is none
  float scale = 1;                  // of the gradient
  float *new_w = nullptr, *new_m = nullptr, *new_v = nullptr;  // [U, E]; the moments or null
};

// sums[rows[i]] += values[i], in the order of i.
struct Sum {
  int64_t n, E;
  const float* values;  // [n, E]
  const int32_t* rows;  // [n], from 0 to U - 1
  int64_t U;
  float* sums;  // [U, E]
  int threads;
};

struct AdamEngine {
  void (*step)(const Step&);
  void (*advance)(const Rows&);
  void (*sum)(const Sum&);
  // The sum of the squares of a gradient [U, E]; rows of zeros between the others change no bit.
  double (*squares)(const float*, int64_t U, int64_t E);
};

// The best that this processor can run, with vectors of at most `bits` bits.
const AdamEngine& adam_engine(int bits);

}  // namespace seqmodels
