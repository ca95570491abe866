// Tests of the kernels without TensorFlow, against the same formulas in float64.
//
// Run by benchmarks/sanitize.py under the sanitizers of the compiler. Every array has exactly the
// size that the kernel is promised, and what it must not read is NaN or an id that is out of range.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "adam.h"
#include "lstm.h"

namespace {

using Floats = std::vector<float>;
using Doubles = std::vector<double>;
using seqmodels::Lstm;

constexpr float NOT_A_NUMBER = std::numeric_limits<float>::quiet_NaN();

std::mt19937 generator(1);

int number(int least, int most) { return least + static_cast<int>(generator() % (most - least + 1)); }

Floats drawn(int64_t size, double scale) {
  Floats found(size);
  for (float& value : found) {
    value = static_cast<float>(scale * (generator() / 2147483648.0 - 1) * std::sqrt(3.0));
  }
  return found;
}

void fail(const std::string& where, const std::string& what) {
  std::fprintf(stderr, "failed: %s: %s\n", where.c_str(), what.c_str());
  std::_Exit(1);
}

void expect_near(const std::string& where, const std::string& name, const Floats& found,
                 const Doubles& right) {
  double largest = 1, error = 0;
  for (const double value : right) largest = std::max(largest, std::abs(value));
  for (size_t i = 0; i < right.size(); ++i) {
    const double off = std::abs(found[i] - right[i]);
    if (!(off <= error)) error = off;  // a NaN, too
  }
  if (!(error <= 1e-5 * largest)) fail(where, name + " is off by " + std::to_string(error));
}

struct Shape {
  int B, T, C, H, V;  // V: rows of the table; 0: the inputs are rows
  bool backward, summary;
  int threads;
};

// One problem: arrays as the kernel reads them, and its answers in float64.
struct Case {
  Shape size;
  std::vector<int32_t> lengths, ids, slot, rows;
  Floats x, kernel, recurrent, bias, h0, c0, dsteps, dh, dc, dpeak, dmean;
  Doubles steps, h, c, peak, mean, dx, dkernel, drecurrent, dbias, dh0, dc0;

  explicit Case(const Shape& shape) : size(shape) {
    const auto [B, T, C, H, V, backward, summary, threads] = size;
    for (int i = 0; i < B; ++i) lengths.push_back(i == 0 ? T : number(1, T));
    std::shuffle(lengths.begin(), lengths.end(), generator);
    x = drawn(V ? V * C : B * T * C, 1);
    kernel = drawn(C * 4 * H, 1 / std::sqrt(C));
    recurrent = drawn(H * 4 * H, 1 / std::sqrt(H));
    bias = drawn(4 * H, 0.5);
    h0 = drawn(B * H, 0.5);
    c0 = drawn(B * H, 0.5);
    dsteps = drawn(B * T * H, 1);
    dh = drawn(B * H, 1);
    dc = drawn(B * H, 1);
    dpeak = drawn(B * H, 1);
    dmean = drawn(B * H, 1);
    std::vector<int32_t> places(V, -1);
    ids.assign(V ? B * T : 0, 0);
    slot.assign(ids.size(), std::numeric_limits<int32_t>::max());
    for (int i = 0; i < B; ++i) {
      for (int t = 0; t < T; ++t) {
        const int at = i * T + t;
        if (t >= lengths[i]) {
          if (!V) std::fill_n(x.begin() + at * C, C, NOT_A_NUMBER);
          std::fill_n(dsteps.begin() + at * H, H, NOT_A_NUMBER);
        } else if (V) {
          ids[at] = number(0, V - 1);
          int32_t& place = places[ids[at]];
          if (place < 0) {
            place = static_cast<int32_t>(rows.size());
            rows.push_back(ids[at]);
          }
          slot[at] = place;
        }
      }
    }
    solve();
  }

  std::string name(const char* set) const {
    char text[200];
    std::snprintf(text, sizeof text, "%s, B %d, T %d, C %d, H %d, V %d%s%s, threads %d", set,
                  size.B, size.T, size.C, size.H, size.V, size.backward ? ", backward" : "",
                  size.summary ? ", summary" : "", size.threads);
    return text;
  }

 private:
  void solve() {
    const auto [B, T, C, H, V, backward, summary, threads] = size;
    steps.assign(B * T * H, 0);
    for (Doubles* array : {&h, &c, &peak, &mean, &dh0, &dc0}) array->assign(B * H, 0);
    dx.assign(V ? rows.size() * C : B * T * C, 0);
    dkernel.assign(C * 4 * H, 0);
    drecurrent.assign(H * 4 * H, 0);
    dbias.assign(4 * H, 0);
    for (int row = 0; row < B; ++row) solve_row(row);
  }

  void solve_row(int row) {
    const auto [B, T, C, H, V, backward, summary, threads] = size;
    const int n = lengths[row];
    Doubles hs(h0.begin() + row * H, h0.begin() + (row + 1) * H), cs(c0.begin() + row * H,
                                                                     c0.begin() + (row + 1) * H);
    Doubles gates;  // [n][4][H], after their activation
    for (int s = 0; s < n; ++s) {
      const int at = row * T + (backward ? n - 1 - s : s);
      const float* in = x.data() + (V ? ids[at] : at) * C;
      const double* before = hs.data() + s * H;
      Doubles z(bias.begin(), bias.end());
      for (int k = 0; k < 4 * H; ++k) {
        for (int i = 0; i < C; ++i) z[k] += double(in[i]) * kernel[i * 4 * H + k];
        for (int i = 0; i < H; ++i) z[k] += before[i] * recurrent[i * 4 * H + k];
        z[k] = k / H == 2 ? std::tanh(z[k]) : 1 / (1 + std::exp(-z[k]));
      }
      gates.insert(gates.end(), z.begin(), z.end());
      for (int j = 0; j < H; ++j) {
        cs.push_back(z[H + j] * cs[s * H + j] + z[j] * z[2 * H + j]);
      }
      for (int j = 0; j < H; ++j) {
        hs.push_back(z[3 * H + j] * std::tanh(cs[(s + 1) * H + j]));
        steps[at * H + j] = hs.back();
      }
    }
    for (int j = 0; j < H; ++j) {
      double largest = -2, second = -3;
      for (int s = 1; s <= n; ++s) {
        const double state = hs[s * H + j];
        mean[row * H + j] += state / n;
        second = std::max(second, std::min(largest, state));
        largest = std::max(largest, state);
      }
      h[row * H + j] = hs[n * H + j];
      c[row * H + j] = cs[n * H + j];
      peak[row * H + j] = largest;
      if (largest - second < 1e-4) dpeak[row * H + j] = 0;  // float32 may find it elsewhere
    }
    Doubles d_h(dh.begin() + row * H, dh.begin() + (row + 1) * H);
    Doubles d_c(dc.begin() + row * H, dc.begin() + (row + 1) * H);
    for (int s = n - 1; s >= 0; --s) {
      const int at = row * T + (backward ? n - 1 - s : s);
      const int from = V ? ids[at] : at, to = V ? slot[at] : at;
      const double* gate = gates.data() + s * 4 * H;
      Doubles dz(4 * H);
      for (int j = 0; j < H; ++j) {
        const double state = hs[(s + 1) * H + j], i = gate[j], f = gate[H + j], g = gate[2 * H + j],
                     o = gate[3 * H + j], squashed = std::tanh(cs[(s + 1) * H + j]);
        double d = d_h[j] + dsteps[at * H + j];
        if (summary) {
          d += dmean[row * H + j] / n + (state == peak[row * H + j] ? dpeak[row * H + j] : 0);
        }
        const double dcell = d_c[j] + d * o * (1 - squashed * squashed);
        dz[j] = dcell * g * i * (1 - i);
        dz[H + j] = dcell * cs[s * H + j] * f * (1 - f);
        dz[2 * H + j] = dcell * i * (1 - g * g);
        dz[3 * H + j] = d * squashed * o * (1 - o);
        d_c[j] = dcell * f;
        d_h[j] = 0;
      }
      for (int k = 0; k < 4 * H; ++k) {
        dbias[k] += dz[k];
        for (int i = 0; i < C; ++i) {
          dkernel[i * 4 * H + k] += dz[k] * x[from * C + i];
          dx[to * C + i] += dz[k] * kernel[i * 4 * H + k];
        }
        for (int i = 0; i < H; ++i) {
          drecurrent[i * 4 * H + k] += dz[k] * hs[s * H + i];
          d_h[i] += dz[k] * recurrent[i * 4 * H + k];
        }
      }
    }
    std::copy(d_h.begin(), d_h.end(), dh0.begin() + row * H);
    std::copy(d_c.begin(), d_c.end(), dc0.begin() + row * H);
  }
};

void expect_right(const Case& right, const seqmodels::Engine& engine) {
  const auto [B, T, C, H, V, backward, summary, threads] = right.size;
  const std::string where = right.name(engine.name);
  const seqmodels::Lookup words{right.slot.data(), right.rows.data(),
                                static_cast<int64_t>(right.rows.size())};
  const Lstm a{B, T, C, H, backward, summary, threads, right.x.data(), V ? &words : nullptr,
               right.lengths.data(), right.kernel.data(), right.recurrent.data(), right.bias.data()};
  Floats steps(B * T * H, NOT_A_NUMBER), kept(engine.kept_size(a), NOT_A_NUMBER);
  Floats h(B * H), c(B * H), peak(B * H), mean(B * H);
  for (float* keep : {static_cast<float*>(nullptr), kept.data()}) {
    engine.forward(a, {right.h0.data(), right.c0.data(), steps.data(), h.data(), c.data(),
                       summary ? peak.data() : nullptr, summary ? mean.data() : nullptr, keep});
    expect_near(where, "steps", steps, right.steps);
    expect_near(where, "h", h, right.h);
    expect_near(where, "c", c, right.c);
    if (summary) expect_near(where, "peak", peak, right.peak);
    if (summary) expect_near(where, "mean", mean, right.mean);
  }
  Floats dx(right.dx.size(), NOT_A_NUMBER), dkernel(C * 4 * H), drecurrent(H * 4 * H), dbias(4 * H);
  Floats dh0(B * H), dc0(B * H);
  engine.gradient(a, {kept.data(), right.dsteps.data(), right.dh.data(), right.dc.data(),
                      summary ? right.dpeak.data() : nullptr,
                      summary ? right.dmean.data() : nullptr, dx.data(), dkernel.data(),
                      drecurrent.data(), dbias.data(), dh0.data(), dc0.data()});
  expect_near(where, "dx", dx, right.dx);
  expect_near(where, "dkernel", dkernel, right.dkernel);
  expect_near(where, "drecurrent", drecurrent, right.drecurrent);
  expect_near(where, "dbias", dbias, right.dbias);
  expect_near(where, "dh0", dh0, right.dh0);
  expect_near(where, "dc0", dc0, right.dc0);
}

std::string lstm() {
  std::vector<Shape> shapes;
  for (const bool backward : {false, true}) {
    for (const bool summary : {false, true}) {
      for (const int V : {0, 9}) {
        shapes.push_back({1, 1, 1, 1, V, backward, summary, 1});
        shapes.push_back({17, 9, 16, 16, V, backward, summary, 1});
        shapes.push_back({33, 7, 17, 5, V, backward, summary, 3});
        shapes.push_back({70, 5, 3, 9, 10 * V, backward, summary, 3});
      }
    }
  }
  shapes.push_back({3, 4, 2, 129, 0, false, true, 2});
  shapes.push_back({20, 150, 2, 3, 0, true, true, 2});  // more steps than a chunk
  for (int i = 0; i < 24; ++i) {
    shapes.push_back({number(1, 40), number(1, 12), number(1, 20), number(1, 40),
                      i % 2 ? number(1, 60) : 0, number(0, 1) == 1, number(0, 1) == 1,
                      number(1, 4)});
  }
  std::set<std::string> names;
  for (const Shape& shape : shapes) {
    const Case right(shape);
    std::set<std::string> done;  // a processor without AVX-512 gets the same engine twice
    for (const int bits : {128, 256, 512}) {
      const seqmodels::Engine& engine = seqmodels::engine(bits);
      if (done.insert(engine.name).second) expect_right(right, engine);
    }
    names.insert(done.begin(), done.end());
  }
  std::string text;
  for (const std::string& name : names) text += " " + name;
  return text;
}

void adam_steps(const seqmodels::AdamEngine& engine, int64_t count, int threads) {
  const std::string where = "Adam, " + std::to_string(count) + " numbers";
  const Floats w = drawn(count, 0.1), m = drawn(count, 0.1), g = drawn(count, 1);
  Floats v = drawn(count, 1), new_w(count), new_m(count), new_v(count);
  for (float& value : v) value = std::abs(value);
  engine.step({count, w.data(), m.data(), v.data(), g.data(), 0.5f, 0.01f, new_w.data(),
               new_m.data(), new_v.data(), threads});
  Doubles right_w, right_m, right_v;
  double squares = 0;
  for (int64_t i = 0; i < count; ++i) {
    const double gradient = 0.5 * g[i];
    right_m.push_back(0.9 * m[i] + 0.1 * gradient);
    right_v.push_back(0.999 * v[i] + 0.001 * gradient * gradient);
    right_w.push_back(w[i] - 0.01 * right_m.back() / (std::sqrt(right_v.back()) + 1e-7));
    squares += double(g[i]) * g[i];
  }
  expect_near(where, "w", new_w, right_w);
  expect_near(where, "m", new_m, right_m);
  expect_near(where, "v", new_v, right_v);
  if (std::abs(engine.squares(g.data(), count) - squares) > 1e-9 * squares) fail(where, "squares");

  // A tenth of this momentum is too small for a normal float; it must not become slow to add.
  const Floats fading(count, 1.2e-38f), nothing(count);
  engine.step({count, w.data(), fading.data(), v.data(), nothing.data(), 1.0f, 0.01f, new_w.data(),
               new_m.data(), new_v.data(), threads});
  for (const float value : new_m) {
    if (value != 0 && !std::isnormal(value)) fail(where, "a momentum is too small for a float");
  }
}

void adam_sums(const seqmodels::AdamEngine& engine, int64_t n, int64_t E, int64_t V, int threads) {
  const std::string where = "sums of " + std::to_string(n) + " x " + std::to_string(E);
  const Floats values = drawn(n * E, 1);
  std::vector<int32_t> rows;
  for (int64_t i = 0; i < n; ++i) rows.push_back(number(0, static_cast<int>(V) - 1));
  Floats sums(V * E, NOT_A_NUMBER), right(V * E);
  engine.sum({n, E, values.data(), rows.data(), V, sums.data(), threads});
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t f = 0; f < E; ++f) right[rows[i] * E + f] += values[i * E + f];
  }
  if (sums != right) fail(where, "the sums are others");
}

void adam() {
  for (const int bits : {128, 256, 512}) {
    const seqmodels::AdamEngine& engine = seqmodels::adam_engine(bits);
    for (const int64_t count : {0, 1, 3, 4, 15, 16, 17, 100}) adam_steps(engine, count, 1);
    adam_steps(engine, 70'001, 3);  // enough to be shared among threads
    for (const int64_t E : {1, 3, 4, 7, 8, 15, 16, 17, 33}) {
      for (const int64_t n : {0, 1, 2, 40}) adam_sums(engine, n, E, 6, 1);
    }
    adam_sums(engine, 8'000, 33, 50, 3);
    adam_sums(engine, 8'200, 32, 50, 2);
  }
}

}  // namespace

int main() {
  const std::string sets = lstm();
  adam();
  std::printf("kernels: good (%s )\n", sets.c_str());
}
