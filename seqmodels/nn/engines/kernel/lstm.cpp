// The LSTM compiled for each instruction set, and the choice among them at run time.
#include "lstm.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "threads.h"

#define KERNEL "lstm_kernel.inc"
#include "sets.inc"

namespace seqmodels {

const Engine& engine(int bits) {
#if defined(__x86_64__)
  static const Engine wide{"avx512", avx512::kept_size, avx512::forward, avx512::gradient};
  static const Engine middle{"avx2", avx2::kept_size, avx2::forward, avx2::gradient};
  if (widest(bits) == 512) return wide;
  if (widest(bits) == 256) return middle;
#endif
  static const Engine narrow{"plain", plain::kept_size, plain::forward, plain::gradient};
  return narrow;
}

}  // namespace seqmodels
