// Imports protobuf-c, <https://github.com/protobuf-c/protobuf-c>.

#ifndef CPROTOBUFC_H
#define CPROTOBUFC_H

#include <protobuf-c/protobuf-c.h>

// A buffer with a context pointer: protobuf-c hands its `append` function the buffer and nothing else.
typedef struct {
  ProtobufCBuffer base;
  void *context;
} CProtobufCContextBuffer;

#endif
