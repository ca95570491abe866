// The LSTM's TensorFlow ops: shapes are checked, then the kernel of this processor runs.
#include "lstm.h"

#include <algorithm>
#include <vector>

#include "ops.h"

namespace seqmodels {
namespace {

constexpr int64_t MOST_STEPS = 1 << 24;  // the kernel counts steps in floats, exact up to here

struct Settings {
  static constexpr const char* name = "The LSTM kernel";

  bool backward, steps, summary, keep;
  int32_t threads, bits;

  explicit Settings(Attributes& attributes) {
    attributes.read("backward", &backward);
    attributes.read("steps", &steps);
    attributes.read("summary", &summary);
    attributes.read("keep", &keep);
    attributes.read("threads", &threads);
    attributes.read("bits", &bits);
  }
};

// The distinct ids of the real steps, in the order in which they come. The forward pass finds
// them and gives them to the gradient: their count, the slots [B, T], and room for the rows.
// Nothing else is known of what reaches the gradient, so `check_words` looks at each of them.
int64_t words_size(const Lstm& a, int64_t table) {
  return a.words ? 1 + a.B * a.T + std::min(table, a.B * a.T) : 0;
}

Lookup words_in(const Lstm& a, const int32_t* words) {
  return {words + 1, words + 1 + a.B * a.T, words[0]};
}

void find_words(Call& call, const Lstm& a, const int32_t* ids, int64_t table, int32_t* words) {
  std::vector<int32_t> places(table, -1);
  int32_t* slot = words + 1;
  int32_t* rows = slot + a.B * a.T;
  int32_t count = 0;
  for (int64_t i = 0; i < a.B; ++i) {
    for (int64_t t = i * a.T; t < i * a.T + a.lengths[i]; ++t) {
      if (ids[t] < 0 || ids[t] >= table) {
        call.fail("needs ids from 0 to %lld, got %d in row %lld.",
                  static_cast<long long>(table - 1), ids[t], static_cast<long long>(i));
        return;
      }
      int32_t& place = places[ids[t]];
      if (place < 0) {
        place = count;
        rows[count++] = ids[t];
      }
      slot[t] = place;
    }
  }
  words[0] = count;
}

void check_words(Call& call, const Lstm& a, int64_t table) {
  const Lookup& words = *a.words;
  const auto count = static_cast<long long>(words.count);
  if (count < 0 || count > std::min(table, a.B * a.T)) {
    return call.fail("needs from 0 to %lld distinct words, got %lld.",
                     static_cast<long long>(std::min(table, a.B * a.T)), count);
  }
  for (int64_t i = 0; i < count; ++i) {
    if (words.rows[i] < 0 || words.rows[i] >= table) {
      return call.fail("needs words from 0 to %lld, got %d.", static_cast<long long>(table - 1),
                       words.rows[i]);
    }
  }
  for (int64_t i = 0; i < a.B; ++i) {
    for (int64_t t = i * a.T; t < i * a.T + a.lengths[i]; ++t) {
      if (words.slot[t] < 0 || words.slot[t] >= count) {
        return call.fail("needs places among %lld distinct words, got place %d in row %lld.",
                         count, words.slot[t], static_cast<long long>(i));
      }
    }
  }
}

// Inputs 0 to 5: x, lengths, kernel, recurrent, bias, ids. Where x is a table [V, C], the ids
// [B, T] say which of its rows is read; else they are empty.
Lstm problem(Call& call, const Settings& settings, Lookup& words) {
  Lstm a{};
  a.backward = settings.backward;
  a.summary = settings.summary;
  a.threads = settings.threads;
  const tf::Tensor* x = call.input(0);
  const tf::Tensor* recurrent = call.input(3);
  const tf::Tensor* ids = call.input(5);
  if (!call.good()) return a;
  const bool table = tf::NumDims(x) == 2;
  if ((!table && tf::NumDims(x) != 3) || tf::NumDims(recurrent) != 2 || tf::NumDims(ids) != 2) {
    call.fail("needs x [B, T, C] or a table [V, C] with ids [B, T], and a recurrent kernel "
              "[H, 4H]; got %d, %d and %d dimensions.",
              tf::NumDims(x), tf::NumDims(ids), tf::NumDims(recurrent));
    return a;
  }
  a.B = tf::Dim(table ? ids : x, 0);
  a.T = tf::Dim(table ? ids : x, 1);
  a.C = tf::Dim(x, table ? 1 : 2);
  a.H = tf::Dim(recurrent, 0);
  if (a.T < 1 || a.T > MOST_STEPS || a.C < 1 || a.H < 1) {
    call.fail("needs 1 to %lld steps, and at least one channel and one unit; got %lld steps, "
              "%lld channels and %lld units.",
              static_cast<long long>(MOST_STEPS), static_cast<long long>(a.T),
              static_cast<long long>(a.C), static_cast<long long>(a.H));
    return a;
  }
  a.x = static_cast<const float*>(tf::TensorData(x));
  a.lengths = call.data<int32_t>(1, "lengths [B]", {a.B});
  a.kernel = call.data(2, "kernel [C, 4H]", {a.C, 4 * a.H});
  a.recurrent = call.data(3, "recurrent kernel [H, 4H]", {a.H, 4 * a.H});
  a.bias = call.data(4, "bias [4H]", {4 * a.H});
  for (int64_t i = 0; call.good() && i < a.B; ++i) {
    if (a.lengths[i] < 1 || a.lengths[i] > a.T) {
      call.fail("needs lengths from 1 to %lld steps, got %d in row %lld.",
                static_cast<long long>(a.T), a.lengths[i], static_cast<long long>(i));
    }
  }
  a.words = table ? &words : nullptr;
  return a;
}

struct ForwardOp : Settings {
  using Settings::Settings;

  void operator()(Call& call) const {
    Lookup words{};
    const Lstm a = problem(call, *this, words);
    Forward f{};
    f.h0 = call.data(6, "state [B, H]", {a.B, a.H});
    f.c0 = call.data(7, "cell [B, H]", {a.B, a.H});
    if (!call.good()) return;
    const int64_t table = tf::Dim(call.input(0), 0);
    int32_t* found = call.output<int32_t>(6, {words_size(a, table)});
    if (a.words && call.good()) {
      find_words(call, a, call.data<int32_t>(5, "ids [B, T]", {a.B, a.T}), table, found);
      words = words_in(a, found);
    }
    const Engine& best = engine(bits);
    const int64_t kept = call.good() && keep ? best.kept_size(a) : 0;
    f.steps = steps ? call.output(0, {a.B, a.T, a.H}) : nullptr;
    if (!steps) call.output(0, {a.B, 0, a.H});
    f.h = call.output(1, {a.B, a.H});
    f.c = call.output(2, {a.B, a.H});
    f.peak = call.output(3, {summary ? a.B : 0, a.H});
    f.mean = call.output(4, {summary ? a.B : 0, a.H});
    f.kept = call.output(5, {kept});
    if (!keep) f.kept = nullptr;
    if (call.good() && a.B > 0) best.forward(a, f);
  }
};

struct GradientOp : Settings {
  using Settings::Settings;

  void operator()(Call& call) const {
    Lookup words{};
    const Lstm a = problem(call, *this, words);
    if (!call.good()) return;
    const auto* found = call.data<int32_t>(12, "words", {words_size(a, tf::Dim(call.input(0), 0))});
    if (a.words && call.good()) {
      words = words_in(a, found);
      check_words(call, a, tf::Dim(call.input(0), 0));
    }
    if (!call.good()) return;
    const Engine& best = engine(bits);
    Gradient d{};
    d.kept = call.data(6, "kept", {static_cast<int64_t>(best.kept_size(a))});
    d.dsteps = call.data(7, "gradient of the steps [B, T, H]", {a.B, steps ? a.T : 0, a.H});
    if (!steps) d.dsteps = nullptr;
    d.dh = call.data(8, "gradient of the state [B, H]", {a.B, a.H});
    d.dc = call.data(9, "gradient of the cell [B, H]", {a.B, a.H});
    d.dpeak = call.data(10, "gradient of the maximum [B, H]", {summary ? a.B : 0, a.H});
    d.dmean = call.data(11, "gradient of the mean [B, H]", {summary ? a.B : 0, a.H});
    d.dx = a.words ? call.output(0, {words.count, a.C}) : call.output(0, {a.B, a.T, a.C});
    int32_t* rows = call.output<int32_t>(6, {words.count});
    if (call.good()) std::copy(words.rows, words.rows + words.count, rows);
    d.dkernel = call.output(1, {a.C, 4 * a.H});
    d.drecurrent = call.output(2, {a.H, 4 * a.H});
    d.dbias = call.output(3, {4 * a.H});
    d.dh0 = call.output(4, {a.B, a.H});
    d.dc0 = call.output(5, {a.B, a.H});
    if (call.good()) best.gradient(a, d);
  }
};

// Runs when `tf.load_op_library` opens this library; without TensorFlow it defines nothing.
const bool defined = [] {
  if (!tf::load()) return false;
  const Names attributes{"backward: bool", "steps: bool", "summary: bool",
                         "keep: bool",     "threads: int", "bits: int"};
  define<ForwardOp>("SeqmodelsLstm",
                    {"x: float", "lengths: int32", "kernel: float", "recurrent: float",
                     "bias: float", "ids: int32", "h: float", "c: float"},
                    {"states: float", "h_last: float", "c_last: float", "peak: float",
                     "mean: float", "kept: float", "words: int32"},
                    attributes);
  define<GradientOp>("SeqmodelsLstmGradient",
                     {"x: float", "lengths: int32", "kernel: float", "recurrent: float",
                      "bias: float", "ids: int32", "kept: float", "dsteps: float", "dh: float",
                      "dc: float", "dpeak: float", "dmean: float", "words: int32"},
                     {"dx: float", "dkernel: float", "drecurrent: float", "dbias: float",
                      "dh0: float", "dc0: float", "rows: int32"},
                     attributes);
  return true;
}();

}  // namespace
}  // namespace seqmodels

extern "C" const char* seqmodels_instructions(int bits) { return seqmodels::engine(bits).name; }
