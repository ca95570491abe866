// The optimizer's TensorFlow ops: a step of all weights with one norm for all, and sums of rows.
#include <algorithm>
#include <cmath>
#include <vector>

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
    threads = std::max(threads, 1);
  }
};

// The gradient of a table [V, E] from slices: rows of equal id are added up.
struct SumOp : Settings {
  int32_t size;

  explicit SumOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("size", &size);
  }

  void operator()(Call& call) const {
    const tf::Tensor* values = call.input(0);
    if (!call.good()) return;
    if (tf::NumDims(values) != 2) {
      return call.fail("needs values [n, E], got %d dimensions.", tf::NumDims(values));
    }
    Sum a{};
    a.n = tf::Dim(values, 0);
    a.E = tf::Dim(values, 1);
    a.V = size;
    a.values = static_cast<const float*>(tf::TensorData(values));
    a.threads = threads;
    a.rows = call.data<int32_t>(1, "ids [n]", {a.n});
    if (!call.good()) return;
    for (int64_t i = 0; i < a.n; ++i) {
      if (a.rows[i] < 0 || a.rows[i] >= size) {
        return call.fail("needs ids from 0 to %d, got %d.", size - 1, a.rows[i]);
      }
    }
    a.sums = call.output(0, {a.V, a.E});
    if (a.sums) adam_engine(bits).sum(a);
  }
};

// The step of all N weights: the loss and the norm of all gradients say whether it is taken, and
// how far the gradients are cut.
struct StepOp : Settings {
  float rate, fall, clip;
  int32_t N;

  explicit StepOp(Attributes& attributes) : Settings(attributes) {
    attributes.read("rate", &rate);
    attributes.read("fall", &fall);
    attributes.read("clip", &clip);
    attributes.read("N", &N);
  }

  void operator()(Call& call) const {
    const float* loss = call.data(0, "loss []", {});
    const int64_t* steps = call.data<int64_t>(1, "steps []", {});
    if (call.good() && *steps < 0) call.fail("needs a number of steps from 0 on.");
    std::vector<const tf::Tensor*> inputs;  // gradients, w, m, v
    for (int i = 0; i < 4 * N && call.good(); ++i) inputs.push_back(call.input(2 + i));
    double squares = 0;
    for (int i = 0; i < 4 * N && call.good(); ++i) {
      if (!same(inputs[i], inputs[i % N])) call.fail("got weight %d of another shape.", i % N);
      if (i < N) squares += adam_engine(bits).squares(values(inputs[i]), count(inputs[i]));
    }
    bool* good = call.output<bool>(0, {});
    int64_t* taken = call.output<int64_t>(1, {});
    if (!call.good()) return;
    *good = std::isfinite(*loss) && std::isfinite(static_cast<float>(squares));
    *taken = *steps + *good;
    const double norm = std::sqrt(squares);
    const float scale = norm > clip ? static_cast<float>(clip / norm) : 1;
    for (int i = 0; i < N; ++i) {
      const tf::Tensor *gradient = inputs[i], *w = inputs[N + i], *m = inputs[2 * N + i],
                       *v = inputs[3 * N + i];
      if (!*good) {
        call.pass(2 + i, w);
        call.pass(2 + N + i, m);
        call.pass(2 + 2 * N + i, v);
        continue;
      }
      const Step a{count(w), values(w), values(m), values(v), values(gradient), scale,
                   alpha(*taken), call.output_like(2 + i, w), call.output_like(2 + N + i, w),
                   call.output_like(2 + 2 * N + i, w), threads};
      if (!call.good()) return;
      adam_engine(bits).step(a);
    }
  }

 private:
  // Of step t, counted from 1.
  float alpha(int64_t step) const {
    const auto t = static_cast<double>(step);
    const double now = rate * std::max(0.0, 1 - fall * (t - 1));
    return static_cast<float>(now * std::sqrt(1 - std::pow(0.999, t)) / (1 - std::pow(0.9, t)));
  }
  static int64_t count(const tf::Tensor* tensor) {
    int64_t product = 1;
    for (int axis = 0; axis < tf::NumDims(tensor); ++axis) product *= tf::Dim(tensor, axis);
    return product;
  }
  static bool same(const tf::Tensor* one, const tf::Tensor* other) {
    bool same = tf::NumDims(one) == tf::NumDims(other);
    for (int axis = 0; same && axis < tf::NumDims(one); ++axis) {
      same = tf::Dim(one, axis) == tf::Dim(other, axis);
    }
    return same;
  }
  static const float* values(const tf::Tensor* tensor) {
    return static_cast<const float*>(tf::TensorData(tensor));
  }
};

// Runs when `tf.load_op_library` opens this library; without TensorFlow it defines nothing.
const bool defined = [] {
  if (!tf::load()) return false;
  define<SumOp>("SeqmodelsSumRows", {"values: float", "ids: int32"}, {"sums: float"},
                {"size: int >= 0", "threads: int", "bits: int"});
  define<StepOp>("SeqmodelsAdam",
                 {"loss: float", "steps: int64", "gradients: N * float", "w: N * float",
                  "m: N * float", "v: N * float"},
                 {"good: bool", "taken: int64", "new_w: N * float", "new_m: N * float",
                  "new_v: N * float"},
                 {"N: int >= 1", "rate: float", "fall: float = 0", "clip: float",
                  "threads: int", "bits: int"});
  return true;
}();

}  // namespace
}  // namespace seqmodels
