// The optimizer's TensorFlow ops: distinct ids, sums of rows, one norm for all, and Adam by rows.
#include <algorithm>
#include <cmath>
#include <utility>

#include "adam.h"
#include "ops.h"

namespace seqmodels {
namespace {

struct Settings {
  static constexpr const char* name = "The Adam kernel";

  int32_t threads, bits;

  explicit Settings(Attributes& attributes) {
    attributes.read("threads", &threads);
    attributes.read("bits", &bits);
  }
};

// The ids of a batch, each once, in rising order.
struct DistinctOp {
  static constexpr const char* name = Settings::name;

  int32_t size;

  explicit DistinctOp(Attributes& attributes) { attributes.read("size", &size); }

  void operator()(Call& call) const {
    const tf::Tensor* ids = call.input(0);
    if (!call.good()) return;
    int64_t n = 1;
    for (int axis = 0; axis < tf::NumDims(ids); ++axis) n *= tf::Dim(ids, axis);
    const auto* id = static_cast<const int32_t*>(tf::TensorData(ids));
    std::vector<unsigned char> met(size);
    for (int64_t i = 0; i < n; ++i) {
      if (id[i] < 0 || id[i] >= size) {
        return call.fail("needs ids from 0 to %d, got %d.", size - 1, id[i]);
      }
      met[id[i]] = 1;
    }
    const int64_t count = std::count(met.begin(), met.end(), 1);
    int32_t* rows = call.output<int32_t>(0, {count});
    if (!rows) return;
    for (int32_t row = 0; row < size; ++row) {
      if (met[row]) *rows++ = row;
    }
  }
};

// Rows of equal id are added up: for the rows asked for, or for all of the table.
struct SumOp : Settings {
  bool all;
  int32_t size;

  explicit SumOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("all", &all);
    attributes.read("size", &size);
  }

  void operator()(Call& call) const {
    const tf::Tensor* values = call.input(0);
    const tf::Tensor* rows = call.input(2);
    if (!call.good()) return;
    if (tf::NumDims(values) != 2 || tf::NumDims(rows) != 1) {
      return call.fail("needs values [n, E] and rows [U], got %d and %d dimensions.",
                       tf::NumDims(values), tf::NumDims(rows));
    }
    Sum a{};
    a.n = tf::Dim(values, 0);
    a.E = tf::Dim(values, 1);
    a.U = all ? size : tf::Dim(rows, 0);
    a.values = static_cast<const float*>(tf::TensorData(values));
    a.threads = threads;
    const auto* ids = call.data<int32_t>(1, "ids [n]", {a.n});
    if (!call.good()) return;
    const auto* row = static_cast<const int32_t*>(tf::TensorData(rows));
    std::vector<int32_t> place(all ? 0 : size, -1);
    for (int64_t u = 0; !all && u < a.U; ++u) {
      if (row[u] < 0 || row[u] >= size) return call.fail("got row %d of %d.", row[u], size);
      place[row[u]] = static_cast<int32_t>(u);
    }
    std::vector<int32_t> places(all ? 0 : a.n);
    for (int64_t i = 0; i < a.n; ++i) {
      if (ids[i] < 0 || ids[i] >= size || (!all && place[ids[i]] < 0)) {
        return call.fail("got a gradient of row %d, which the batch did not read.", ids[i]);
      }
      if (!all) places[i] = place[ids[i]];
    }
    a.rows = all ? ids : places.data();
    a.sums = call.output(0, {a.U, a.E});
    if (a.sums) adam_engine(bits).sum(a);
  }
};

// One step: its loss and the norm of all gradients say whether it is taken and how far they are
// cut; the first M of the N gradients are those of the weights that move here.
struct StepOp : Settings {
  float rate, fall, clip;
  int32_t N, M;

  explicit StepOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("rate", &rate);
    attributes.read("fall", &fall);
    attributes.read("clip", &clip);
    attributes.read("N", &N);
    attributes.read("M", &M);
  }

  void operator()(Call& call) const {
    if (M > N) return call.fail("needs a gradient for each weight, got %d for %d.", N, M);
    const float* loss = call.data(0, "loss []", {});
    const int64_t* steps = call.data<int64_t>(1, "steps []", {});
    std::vector<const tf::Tensor*> inputs;  // gradients, w, m, v
    for (int i = 0; i < N + 3 * M && call.good(); ++i) inputs.push_back(call.input(2 + i));
    if (!call.good()) return;
    double squares = 0;
    for (int i = 0; i < N; ++i) {
      const auto [U, E] = sizes(inputs[i]);
      squares += adam_engine(bits).squares(values(inputs[i]), U, E);
    }
    bool* good = call.output<bool>(0, {});
    int64_t* taken = call.output<int64_t>(1, {});
    float* scale = call.output(2, {});
    if (!call.good()) return;
    *good = std::isfinite(*loss) && std::isfinite(static_cast<float>(squares));
    *taken = *steps + *good;
    const double norm = std::sqrt(squares);
    *scale = norm > clip ? static_cast<float>(clip / norm) : 1;
    for (int i = 0; i < M; ++i) {
      const tf::Tensor *gradient = inputs[i], *w = inputs[N + i], *m = inputs[N + M + i],
                       *v = inputs[N + 2 * M + i];
      if (!*good) {
        call.pass(3 + i, w);
        call.pass(3 + M + i, m);
        call.pass(3 + 2 * M + i, v);
        continue;
      }
      const auto [U, E] = sizes(w);
      for (const tf::Tensor* other : {gradient, m, v}) {
        if (sizes(other) != std::pair(U, E)) return call.fail("got weight %d of another shape.", i);
      }
      const Step a{U * E, values(w), values(m), values(v), values(gradient), *scale,
                   Alpha(rate, fall)(*taken), call.output_like(3 + i, w),
                   call.output_like(3 + M + i, w), call.output_like(3 + 2 * M + i, w), threads};
      if (!call.good()) return;
      adam_engine(bits).step(a);
    }
  }

 private:
  static std::pair<int64_t, int64_t> sizes(const tf::Tensor* tensor) {
    const int last = tf::NumDims(tensor) - 1;
    int64_t rows = 1;
    for (int axis = 0; axis < last; ++axis) rows *= tf::Dim(tensor, axis);
    return {rows, last < 0 ? 1 : tf::Dim(tensor, last)};
  }
  static const float* values(const tf::Tensor* tensor) {
    return static_cast<const float*>(tf::TensorData(tensor));
  }
};

// Inputs 0 to 5: w, m, v, seen, rows, steps.
Rows problem(Call& call, const Settings& settings, const Alpha& alpha) {
  Rows a(alpha, settings.threads);
  const tf::Tensor* w = call.input(0);
  const tf::Tensor* seen = call.input(3);
  if (!call.good()) return a;
  if (tf::NumDims(w) != 2 || tf::NumDims(seen) != 1) {
    call.fail("needs rows [U, E] and seen [V], got %d and %d dimensions.", tf::NumDims(w),
              tf::NumDims(seen));
    return a;
  }
  a.U = tf::Dim(w, 0);
  a.E = tf::Dim(w, 1);
  a.V = tf::Dim(seen, 0);
  a.w = static_cast<const float*>(tf::TensorData(w));
  a.m = call.data(1, "m [U, E]", {a.U, a.E});
  a.v = call.data(2, "v [U, E]", {a.U, a.E});
  a.seen = static_cast<const int64_t*>(tf::TensorData(seen));
  a.which = call.data<int32_t>(4, "rows [U]", {a.U});
  const int64_t* steps = call.data<int64_t>(5, "steps []", {});
  if (!call.good()) return a;
  a.steps = *steps;
  for (int64_t u = 0; u < a.U; ++u) {
    if (a.which[u] < 0 || a.which[u] >= a.V) {
      call.fail("needs rows from 0 to %lld, got %d.", static_cast<long long>(a.V - 1), a.which[u]);
    }
  }
  return a;
}

// Rows take the steps that they have missed: their weights, and when asked their moments too.
struct CatchUpOp : Settings {
  float rate, fall;
  bool moments;

  explicit CatchUpOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("rate", &rate);
    attributes.read("fall", &fall);
    attributes.read("moments", &moments);
  }

  void operator()(Call& call) const {
    Rows a = problem(call, *this, Alpha(rate, fall));
    a.new_w = call.output(0, {a.U, a.E});
    a.new_m = call.output(1, {moments ? a.U : 0, a.E});
    a.new_v = call.output(2, {moments ? a.U : 0, a.E});
    if (!moments) a.new_m = a.new_v = nullptr;
    if (call.good()) adam_engine(bits).advance(a);
  }
};

// Rows whose weights have caught up take a step, if it is a good one; `seen` is that of all.
struct RowsOp : Settings {
  float rate, fall;

  explicit RowsOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("rate", &rate);
    attributes.read("fall", &fall);
  }

  void operator()(Call& call) const {
    Rows a = problem(call, *this, Alpha(rate, fall));
    const bool* good = call.data<bool>(6, "good []", {});
    const float* scale = call.data(7, "scale []", {});
    const float* gradient = call.data(8, "gradient [U, E]", {a.U, a.E});
    if (!call.good()) return;
    a.moved = true;
    a.gradient = *good ? gradient : nullptr;
    a.scale = *scale;
    a.new_w = call.output(0, {a.U, a.E});
    a.new_m = call.output(1, {a.U, a.E});
    a.new_v = call.output(2, {a.U, a.E});
    int64_t* now = call.output<int64_t>(3, {a.V});
    if (!call.good()) return;
    adam_engine(bits).advance(a);
    std::copy_n(a.seen, a.V, now);
    for (int64_t u = 0; u < a.U; ++u) now[a.which[u]] = a.steps + *good;
  }
};

// Runs when `tf.load_op_library` opens this library; without TensorFlow it defines nothing.
const bool defined = [] {
  if (!tf::load()) return false;
  define<DistinctOp>("SeqmodelsDistinct", {"ids: int32"}, {"rows: int32"}, {"size: int"});
  define<SumOp>("SeqmodelsSumRows", {"values: float", "ids: int32", "rows: int32"},
                {"sums: float"}, {"all: bool", "size: int", "threads: int", "bits: int"});
  define<StepOp>("SeqmodelsAdam",
                 {"loss: float", "steps: int64", "gradients: N * float", "w: M * float",
                  "m: M * float", "v: M * float"},
                 {"good: bool", "taken: int64", "scale: float", "new_w: M * float",
                  "new_m: M * float", "new_v: M * float"},
                 {"N: int >= 1", "M: int >= 0", "rate: float", "fall: float = 0", "clip: float",
                  "threads: int", "bits: int"});
  define<CatchUpOp>("SeqmodelsAdamCatchUp",
                    {"w: float", "m: float", "v: float", "seen: int64", "rows: int32",
                     "steps: int64"},
                    {"new_w: float", "new_m: float", "new_v: float"},
                    {"rate: float", "fall: float = 0", "moments: bool", "threads: int", "bits: int"});
  define<RowsOp>("SeqmodelsAdamRows",
                 {"w: float", "m: float", "v: float", "seen: int64", "rows: int32",
                  "steps: int64", "good: bool", "scale: float", "gradient: float"},
                 {"new_w: float", "new_m: float", "new_v: float", "new_seen: int64"},
                 {"rate: float", "fall: float = 0", "threads: int", "bits: int"});
  return true;
}();

}  // namespace
}  // namespace seqmodels
