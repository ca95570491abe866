// The TensorFlow ops: shapes are checked, then the kernel of this processor runs.
#include <algorithm>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <vector>

#include "lstm.h"
#include "tensorflow_c.h"

namespace seqmodels {
namespace {

struct Attributes {
  bool backward = false, steps = false, keep = false;
  int threads = 1, bits = 512;
};

void* create(tf::Construction* construction) {
  auto* found = new Attributes;
  tf::Status* status = tf::NewStatus();
  const auto boolean = [&](const char* name, bool* value) {
    unsigned char got = 0;
    tf::OpKernelConstruction_GetAttrBool(construction, name, &got, status);
    *value = got != 0;
  };
  boolean("backward", &found->backward);
  boolean("steps", &found->steps);
  boolean("keep", &found->keep);
  tf::OpKernelConstruction_GetAttrInt32(construction, "threads", &found->threads, status);
  tf::OpKernelConstruction_GetAttrInt32(construction, "bits", &found->bits, status);
  if (tf::GetCode(status) != 0) tf::OpKernelConstruction_Failure(construction, status);
  tf::DeleteStatus(status);
  return found;
}

void destroy(void* attributes) { delete static_cast<Attributes*>(attributes); }

// One call of an op: its inputs and outputs, and the first thing that went wrong.
class Call {
 public:
  explicit Call(tf::Context* context) : context_(context), status_(tf::NewStatus()) {}
  ~Call() {
    for (tf::Tensor* tensor : held_) tf::DeleteTensor(tensor);
    if (tf::GetCode(status_) != 0) tf::OpKernelContext_Failure(context_, status_);
    tf::DeleteStatus(status_);
  }
  Call(const Call&) = delete;

  bool good() const { return tf::GetCode(status_) == 0; }

  void fail(const char* format, ...) {
    if (!good()) return;
    char text[300];
    va_list rest;
    va_start(rest, format);
    std::vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    tf::SetStatus(status_, tf::INVALID_ARGUMENT, text);
  }

  tf::Tensor* input(int index) {
    tf::Tensor* tensor = nullptr;
    tf::GetInput(context_, index, &tensor, status_);
    if (tensor) held_.push_back(tensor);
    return tensor;
  }

  // The data of an input of these sizes; null after a failure.
  template <class T = float>
  const T* data(int index, const char* name, std::initializer_list<int64_t> sizes) {
    const tf::Tensor* tensor = input(index);
    if (!good()) return nullptr;
    bool same = tf::NumDims(tensor) == static_cast<int>(sizes.size());
    int axis = 0;
    for (const int64_t size : sizes) same = same && tf::Dim(tensor, axis++) == size;
    if (!same) fail("The LSTM kernel got %s of another shape than the rest asks for.", name);
    return static_cast<const T*>(tf::TensorData(tensor));
  }

  float* output(int index, std::initializer_list<int64_t> sizes) {
    if (!good()) return nullptr;
    int64_t count = 1;
    for (const int64_t size : sizes) count *= size;
    tf::Tensor* tensor =
        tf::AllocateOutput(context_, index, tf::FLOAT, sizes.begin(),
                           static_cast<int>(sizes.size()), count * sizeof(float), status_);
    if (!tensor) return nullptr;
    held_.push_back(tensor);
    return good() ? static_cast<float*>(tf::TensorData(tensor)) : nullptr;
  }

 private:
  tf::Context* context_;
  tf::Status* status_;
  std::vector<tf::Tensor*> held_;
};

// Inputs 0 to 4: x, lengths, kernel, recurrent, bias.
Lstm problem(Call& call, const Attributes& attributes) {
  Lstm a{};
  a.backward = attributes.backward;
  a.threads = attributes.threads;
  const tf::Tensor* x = call.input(0);
  const tf::Tensor* recurrent = call.input(3);
  if (!call.good()) return a;
  if (tf::NumDims(x) != 3 || tf::NumDims(recurrent) != 2) {
    call.fail("The LSTM kernel needs x [B, T, C] and a recurrent kernel [H, 4H], got %d and %d "
              "dimensions.", tf::NumDims(x), tf::NumDims(recurrent));
    return a;
  }
  a.B = tf::Dim(x, 0);
  a.T = tf::Dim(x, 1);
  a.C = tf::Dim(x, 2);
  a.H = tf::Dim(recurrent, 0);
  a.x = static_cast<const float*>(tf::TensorData(x));
  a.lengths = call.data<int32_t>(1, "lengths [B]", {a.B});
  a.kernel = call.data(2, "kernel [C, 4H]", {a.C, 4 * a.H});
  a.recurrent = call.data(3, "recurrent kernel [H, 4H]", {a.H, 4 * a.H});
  a.bias = call.data(4, "bias [4H]", {4 * a.H});
  for (int64_t i = 0; call.good() && i < a.B; ++i) {
    if (a.lengths[i] < 1 || a.lengths[i] > a.T) {
      call.fail("The LSTM kernel needs lengths from 1 to %lld steps, got %d in row %lld.",
                static_cast<long long>(a.T), a.lengths[i], static_cast<long long>(i));
    }
  }
  return a;
}

// No exception may leave an op: it would end the process.
template <class Work>
void guarded(Call& call, Work work) {
  try {
    work();
  } catch (const std::exception& error) {
    call.fail("The LSTM kernel failed: %s.", error.what());
  }
}

void compute_forward(void* state, tf::Context* context) {
  const auto& attributes = *static_cast<Attributes*>(state);
  Call call(context);
  const Lstm a = problem(call, attributes);
  Forward f{};
  f.h0 = call.data(5, "state [B, H]", {a.B, a.H});
  f.c0 = call.data(6, "cell [B, H]", {a.B, a.H});
  const Engine& best = engine(attributes.bits);
  guarded(call, [&] {
    const int64_t kept = call.good() && attributes.keep ? best.kept_size(a) : 0;
    f.steps = attributes.steps ? call.output(0, {a.B, a.T, a.H}) : nullptr;
    if (!attributes.steps) call.output(0, {a.B, 0, a.H});
    f.h = call.output(1, {a.B, a.H});
    f.c = call.output(2, {a.B, a.H});
    f.kept = call.output(3, {kept});
    if (!attributes.keep) f.kept = nullptr;
    if (call.good() && a.B > 0) best.forward(a, f);
  });
}

void compute_gradient(void* state, tf::Context* context) {
  const auto& attributes = *static_cast<Attributes*>(state);
  Call call(context);
  const Lstm a = problem(call, attributes);
  Gradient d{};
  const Engine& best = engine(attributes.bits);
  guarded(call, [&] {
    if (!call.good()) return;
    // The op that kept these floats has no other reader, so they are worked on in place.
    d.kept = const_cast<float*>(call.data(5, "kept", {static_cast<int64_t>(best.kept_size(a))}));
    const int64_t T = attributes.steps ? a.T : 0;
    d.dsteps = call.data(6, "gradient of the steps [B, T, H]", {a.B, T, a.H});
    if (!attributes.steps) d.dsteps = nullptr;
    d.dh = call.data(7, "gradient of the state [B, H]", {a.B, a.H});
    d.dc = call.data(8, "gradient of the cell [B, H]", {a.B, a.H});
    d.dx = call.output(0, {a.B, a.T, a.C});
    d.dkernel = call.output(1, {a.C, 4 * a.H});
    d.drecurrent = call.output(2, {a.H, 4 * a.H});
    d.dbias = call.output(3, {4 * a.H});
    d.dh0 = call.output(4, {a.B, a.H});
    d.dc0 = call.output(5, {a.B, a.H});
    if (call.good()) best.gradient(a, d);
  });
}

void unknown_shapes(tf::Shapes* shapes, tf::Status* status) {
  tf::ShapeInferenceContextSetUnknownShape(shapes, status);
}

void define(const char* name, std::initializer_list<const char*> inputs,
            std::initializer_list<const char*> outputs, void (*compute)(void*, tf::Context*)) {
  tf::OpBuilder* op = tf::NewOpDefinitionBuilder(name);
  for (const char* input : inputs) tf::OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) tf::OpDefinitionBuilderAddOutput(op, output);
  for (const char* attribute : {"backward: bool", "steps: bool", "keep: bool", "threads: int",
                                "bits: int"}) {
    tf::OpDefinitionBuilderAddAttr(op, attribute);
  }
  tf::OpDefinitionBuilderSetShapeInferenceFunction(op, unknown_shapes);
  tf::Status* status = tf::NewStatus();
  tf::RegisterOpDefinition(op, status);
  if (tf::GetCode(status) == 0) {
    tf::RegisterKernelBuilder(name, tf::NewKernelBuilder(name, "CPU", create, compute, destroy),
                              status);
  }
  tf::DeleteStatus(status);
}

// Runs when `tf.load_op_library` opens this library; without TensorFlow it defines nothing.
const bool defined = [] {
  if (!tf::load()) return false;
  define("SeqmodelsLstm",
         {"x: float", "lengths: int32", "kernel: float", "recurrent: float", "bias: float",
          "h: float", "c: float"},
         {"states: float", "h_last: float", "c_last: float", "kept: float"}, compute_forward);
  define("SeqmodelsLstmGradient",
         {"x: float", "lengths: int32", "kernel: float", "recurrent: float", "bias: float",
          "kept: float", "dsteps: float", "dh: float", "dc: float"},
         {"dx: float", "dkernel: float", "drecurrent: float", "dbias: float", "dh0: float",
          "dc0: float"},
         compute_gradient);
  return true;
}();

}  // namespace
}  // namespace seqmodels

extern "C" const char* seqmodels_instructions(int bits) { return seqmodels::engine(bits).name; }
