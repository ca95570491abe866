// The LSTM compiled for each instruction set, and the choice among them at run time.
#include "lstm.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <utility>
#include <vector>

#include "threads.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace seqmodels {

#if defined(__x86_64__)

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512vl,avx512dq,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512vl,avx512dq,avx2,fma,prefer-vector-width=512")
#endif
namespace avx512 {
constexpr int W = 16, U = 1, ROWS = 24, COLUMNS = 4;
typedef float V __attribute__((vector_size(64)));
typedef int32_t I __attribute__((vector_size(64)));
inline V load_part(const float* p, int n) {
  return (V)_mm512_maskz_loadu_ps(static_cast<__mmask16>((1u << n) - 1), p);
}
inline void store_part(float* p, int n, V v) {
  _mm512_mask_storeu_ps(p, static_cast<__mmask16>((1u << n) - 1), (__m512)v);
}
#include "lstm_kernel.inc"
}  // namespace avx512
#if defined(__clang__)
#pragma clang attribute pop
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif
namespace avx2 {
constexpr int W = 8, U = 2, ROWS = 6, COLUMNS = 2;
typedef float V __attribute__((vector_size(32)));
typedef int32_t I __attribute__((vector_size(32)));
inline __m256i first(int n) {
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
}
inline V load_part(const float* p, int n) { return (V)_mm256_maskload_ps(p, first(n)); }
inline void store_part(float* p, int n, V v) { _mm256_maskstore_ps(p, first(n), (__m256)v); }
#include "lstm_kernel.inc"
}  // namespace avx2
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86_64

namespace plain {  // 128 bits: every x86-64 and every ARM64 has them
constexpr int W = 4, U = 2, ROWS = 6, COLUMNS = 2;
typedef float V __attribute__((vector_size(16)));
typedef int32_t I __attribute__((vector_size(16)));
inline V load_part(const float* p, int n) {
  V v{};
  for (int i = 0; i < n; ++i) v[i] = p[i];
  return v;
}
inline void store_part(float* p, int n, V v) {
  for (int i = 0; i < n; ++i) p[i] = v[i];
}
#include "lstm_kernel.inc"
}  // namespace plain

const Engine& engine(int bits) {
#if defined(__x86_64__)
  static const Engine wide{"avx512", avx512::kept_size, avx512::forward, avx512::gradient};
  static const Engine middle{"avx2", avx2::kept_size, avx2::forward, avx2::gradient};
  __builtin_cpu_init();
  if (bits >= 512 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return wide;
  }
  if (bits >= 256 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return middle;
#endif
  static const Engine narrow{"plain", plain::kept_size, plain::forward, plain::gradient};
  return narrow;
}

}  // namespace seqmodels
