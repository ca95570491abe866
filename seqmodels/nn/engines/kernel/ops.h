// What the TensorFlow ops share: a call with its checks, and how an op is registered.
#pragma once

#include <cstdarg>
#include <cstdio>
#include <exception>
#include <initializer_list>
#include <new>
#include <type_traits>
#include <vector>

#include "tensorflow_c.h"

namespace seqmodels {

// One call of an op: its inputs and outputs, and the first thing that went wrong.
class Call {
 public:
  // `who` opens the message of what goes wrong: "The LSTM kernel".
  Call(tf::Context* context, const char* who)
      : context_(context), who_(who), status_(tf::NewStatus()) {}
  ~Call() {
    for (tf::Tensor* tensor : held_) tf::DeleteTensor(tensor);
    if (tf::GetCode(status_) != 0) tf::OpKernelContext_Failure(context_, status_);
    tf::DeleteStatus(status_);
  }
  Call(const Call&) = delete;

  bool good() const { return tf::GetCode(status_) == 0; }

  // An input is wrong: "The LSTM kernel <format>". The first failure is the one that is reported.
  void fail(const char* format, ...) {
    char text[300];
    va_list rest;
    va_start(rest, format);
    std::vsnprintf(text, sizeof text, format, rest);
    va_end(rest);
    fail(tf::INVALID_ARGUMENT, text);
  }

  void fail(int code, const char* text) {
    if (!good()) return;
    char whole[400];
    std::snprintf(whole, sizeof whole, "%s %s", who_, text);
    tf::SetStatus(status_, code, whole);
  }

  tf::Tensor* input(int index) {
    if (!good()) return nullptr;  // what is called below would overwrite the failure
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
    if (!same) fail("got %s of another shape than the rest asks for.", name);
    return static_cast<const T*>(tf::TensorData(tensor));
  }

  template <class T = float>
  T* output(int index, std::initializer_list<int64_t> sizes) {
    return static_cast<T*>(output(index, type<T>(), sizeof(T), sizes.begin(), sizes.size()));
  }

  // An output of the shape of an input.
  float* output_like(int index, const tf::Tensor* tensor) {
    std::vector<int64_t> sizes(tf::NumDims(tensor));
    for (size_t i = 0; i < sizes.size(); ++i) sizes[i] = tf::Dim(tensor, static_cast<int>(i));
    return static_cast<float*>(output(index, tf::FLOAT, sizeof(float), sizes.data(), sizes.size()));
  }

  // An input passed on as it is.
  void pass(int index, const tf::Tensor* tensor) {
    if (good()) tf::SetOutput(context_, index, tensor, status_);
  }

 private:
  template <class T>
  static constexpr int type() {
    if (std::is_same_v<T, bool>) return tf::BOOL;
    if (std::is_same_v<T, int32_t>) return tf::INT32;
    return std::is_same_v<T, int64_t> ? tf::INT64 : tf::FLOAT;
  }

  void* output(int index, int type, size_t bytes, const int64_t* sizes, size_t dimensions) {
    if (!good()) return nullptr;
    for (size_t i = 0; i < dimensions; ++i) bytes *= sizes[i];
    tf::Tensor* tensor = tf::AllocateOutput(context_, index, type, sizes,
                                            static_cast<int>(dimensions), bytes, status_);
    if (!tensor) return nullptr;
    held_.push_back(tensor);
    return good() ? tf::TensorData(tensor) : nullptr;
  }

  tf::Context* context_;
  const char* who_;
  tf::Status* status_;
  std::vector<tf::Tensor*> held_;
};

inline void unknown_shapes(tf::Shapes* shapes, tf::Status* status) {
  tf::ShapeInferenceContextSetUnknownShape(shapes, status);
}

// An op's attributes, read when its kernel is made.
class Attributes {
 public:
  explicit Attributes(tf::Construction* construction)
      : construction_(construction), status_(tf::NewStatus()) {}
  ~Attributes() {
    if (tf::GetCode(status_) != 0) tf::OpKernelConstruction_Failure(construction_, status_);
    tf::DeleteStatus(status_);
  }
  Attributes(const Attributes&) = delete;

  void read(const char* name, bool* value) {
    unsigned char got = 0;
    tf::OpKernelConstruction_GetAttrBool(construction_, name, &got, status_);
    *value = got != 0;
  }
  void read(const char* name, int32_t* value) {
    tf::OpKernelConstruction_GetAttrInt32(construction_, name, value, status_);
  }
  void read(const char* name, float* value) {
    tf::OpKernelConstruction_GetAttrFloat(construction_, name, value, status_);
  }

 private:
  tf::Construction* construction_;
  tf::Status* status_;
};

using Names = std::initializer_list<const char*>;

// Registers an op of the CPU. Its kernel is a `Kernel`: made from `Attributes&`, called with
// the `Call` of each run.
template <class Kernel>
void define(const char* name, Names inputs, Names outputs, Names attributes) {
  tf::OpBuilder* op = tf::NewOpDefinitionBuilder(name);
  for (const char* input : inputs) tf::OpDefinitionBuilderAddInput(op, input);
  for (const char* output : outputs) tf::OpDefinitionBuilderAddOutput(op, output);
  for (const char* attribute : attributes) tf::OpDefinitionBuilderAddAttr(op, attribute);
  tf::OpDefinitionBuilderSetShapeInferenceFunction(op, unknown_shapes);
  tf::Status* status = tf::NewStatus();
  tf::RegisterOpDefinition(op, status);
  if (tf::GetCode(status) == 0) {
    const auto create = [](tf::Construction* construction) -> void* {
      Attributes attributes(construction);
      return new Kernel(attributes);
    };
    const auto compute = [](void* kernel, tf::Context* context) {
      Call call(context, Kernel::name);
      try {  // no exception may leave an op: it would end the process
        (*static_cast<const Kernel*>(kernel))(call);
      } catch (const std::bad_alloc&) {
        call.fail(tf::RESOURCE_EXHAUSTED, "needs more memory than there is.");
      } catch (const std::exception& error) {
        call.fail(tf::INTERNAL, error.what());
      } catch (...) {
        call.fail(tf::INTERNAL, "failed.");
      }
    };
    const auto destroy = [](void* kernel) { delete static_cast<Kernel*>(kernel); };
    tf::RegisterKernelBuilder(name, tf::NewKernelBuilder(name, "CPU", create, compute, destroy),
                              status);
  }
  tf::DeleteStatus(status);
}

}  // namespace seqmodels
