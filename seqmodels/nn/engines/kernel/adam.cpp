// Adam compiled for each instruction set, and the choice among them at run time.
#include "adam.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace seqmodels {
namespace {

constexpr float BETA1 = 0.9f, BETA2 = 0.999f, EPSILON = 1e-7f, SMALL = 1e-15f;

// While it lives, what is too small for a normal float is zero, as in TensorFlow's own ops: a
// momentum that fades costs no slow arithmetic, and either gives the same bits.
class Flush {
 public:
#if defined(__x86_64__)
  Flush() : was_(_mm_getcsr()) { _mm_setcsr(was_ | 0x8040); }
  ~Flush() { _mm_setcsr(was_); }

 private:
  unsigned int was_;
#elif defined(__aarch64__)
  Flush() {
    asm volatile("mrs %0, fpcr" : "=r"(was_));
    asm volatile("msr fpcr, %0" : : "r"(was_ | (1 << 24)));
  }
  ~Flush() { asm volatile("msr fpcr, %0" : : "r"(was_)); }

 private:
  uint64_t was_;
#endif
};

// sqrt(1 - beta2^t) / (1 - beta1^t) of steps 1, 2, ... until it is one.
std::vector<double> corrections() {
  std::vector<double> found;
  for (double step = 1; found.empty() || found.back() != 1; ++step) {
    found.push_back(std::sqrt(1 - std::pow(0.999, step)) / (1 - std::pow(0.9, step)));
  }
  return found;
}

}  // namespace

Alpha::Alpha(double rate, double fall) : rate_(rate), fall_(fall) {
  static const std::vector<double> known = corrections();
  corrections_ = known.data();
  count_ = static_cast<int64_t>(known.size());
}

}  // namespace seqmodels

#if defined(__clang__)
#pragma clang fp contract(off)
#else
#pragma GCC optimize("fp-contract=off")
#endif
#define KERNEL "adam_kernel.inc"
#include "sets.inc"

namespace seqmodels {

const AdamEngine& adam_engine(int bits) {
#if defined(__x86_64__)
  static const AdamEngine wide{avx512::step, avx512::advance, avx512::sum, avx512::squares};
  static const AdamEngine middle{avx2::step, avx2::advance, avx2::sum, avx2::squares};
  if (widest(bits) == 512) return wide;
  if (widest(bits) == 256) return middle;
#endif
  static const AdamEngine narrow{plain::step, plain::advance, plain::sum, plain::squares};
  return narrow;
}

}  // namespace seqmodels
