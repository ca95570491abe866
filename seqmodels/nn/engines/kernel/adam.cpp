// Adam compiled for each instruction set, and the choice among them at run time.
#include "adam.h"

#include <algorithm>
#include <vector>

#include "threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace seqmodels {
namespace {

constexpr float BETA1 = 0.9f, BETA2 = 0.999f, EPSILON = 1e-7f;

// While it lives, numbers too small for a normal float are zero, as in TensorFlow's own ops: the
// momentum of a row that is seldom read fades away, and would cost slow arithmetic.
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

}  // namespace
}  // namespace seqmodels

// Without fused multiply-adds, so that every instruction set gives the same bits.
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
  static const AdamEngine wide{avx512::step, avx512::sum, avx512::squares};
  static const AdamEngine middle{avx2::step, avx2::sum, avx2::squares};
  if (widest(bits) == 512) return wide;
  if (widest(bits) == 256) return middle;
#endif
  static const AdamEngine narrow{plain::step, plain::sum, plain::squares};
  return narrow;
}

}  // namespace seqmodels
