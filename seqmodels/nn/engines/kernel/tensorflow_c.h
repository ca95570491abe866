// The few functions of TensorFlow's C interface that the ops need, found when the library loads.
//
// That interface is stable across versions, so nothing of TensorFlow is needed to compile this.
#pragma once

#include <dlfcn.h>

#include <cstddef>
#include <cstdint>

namespace tf {

struct Status;
struct Tensor;
struct Context;       // TF_OpKernelContext
struct Construction;  // TF_OpKernelConstruction
struct Shapes;        // TF_ShapeInferenceContext
struct OpBuilder;
struct KernelBuilder;

enum { FLOAT = 1, INT32 = 3, INT64 = 9, BOOL = 10 };  // TF_DataType
enum { INVALID_ARGUMENT = 3, RESOURCE_EXHAUSTED = 8, INTERNAL = 13 };  // TF_Code

#define SEQMODELS_FUNCTIONS(X)                                                                   \
  X(Status*, NewStatus, ())                                                                      \
  X(void, DeleteStatus, (Status*))                                                               \
  X(void, SetStatus, (Status*, int, const char*))                                                \
  X(int, GetCode, (const Status*))                                                               \
  X(OpBuilder*, NewOpDefinitionBuilder, (const char*))                                           \
  X(void, OpDefinitionBuilderAddInput, (OpBuilder*, const char*))                                \
  X(void, OpDefinitionBuilderAddOutput, (OpBuilder*, const char*))                               \
  X(void, OpDefinitionBuilderAddAttr, (OpBuilder*, const char*))                                 \
  X(void, OpDefinitionBuilderSetShapeInferenceFunction, (OpBuilder*, void (*)(Shapes*, Status*))) \
  X(void, RegisterOpDefinition, (OpBuilder*, Status*))                                           \
  X(void, ShapeInferenceContextSetUnknownShape, (Shapes*, Status*))                              \
  X(KernelBuilder*, NewKernelBuilder,                                                            \
    (const char*, const char*, void* (*)(Construction*), void (*)(void*, Context*),              \
     void (*)(void*)))                                                                           \
  X(void, RegisterKernelBuilder, (const char*, KernelBuilder*, Status*))                         \
  X(void, OpKernelConstruction_GetAttrBool, (Construction*, const char*, unsigned char*, Status*)) \
  X(void, OpKernelConstruction_GetAttrInt32, (Construction*, const char*, int32_t*, Status*))    \
  X(void, OpKernelConstruction_GetAttrFloat, (Construction*, const char*, float*, Status*))       \
  X(void, OpKernelConstruction_Failure, (Construction*, Status*))                                \
  X(void, GetInput, (Context*, int, Tensor**, Status*))                                          \
  X(Tensor*, AllocateOutput,                                                                     \
    (Context*, int, int, const int64_t*, int, size_t, Status*))                                  \
  X(void, SetOutput, (Context*, int, const Tensor*, Status*))                                    \
  X(void, OpKernelContext_Failure, (Context*, Status*))                                          \
  X(void*, TensorData, (const Tensor*))                                                          \
  X(int, NumDims, (const Tensor*))                                                               \
  X(int64_t, Dim, (const Tensor*, int))                                                          \
  X(void, DeleteTensor, (Tensor*))

#define X(result, name, arguments) inline result(*name) arguments = nullptr;
SEQMODELS_FUNCTIONS(X)
#undef X

// Finds every function; false where this TensorFlow lacks one.
inline bool load() {
  void* library = nullptr;
  for (const char* name : {"libtensorflow_framework.so.2", "libtensorflow_framework.2.dylib"}) {
    if (!library) library = dlopen(name, RTLD_LAZY | RTLD_NOLOAD);
  }
  if (!library) return false;
  bool found = true;
#define X(result, name, arguments)                                              \
  name = reinterpret_cast<result(*) arguments>(dlsym(library, "TF_" #name));    \
  found = found && name;
  SEQMODELS_FUNCTIONS(X)
#undef X
  return found;
}

}  // namespace tf
