// Imports protobuf-c, <https://github.com/protobuf-c/protobuf-c>.

#ifndef CPROTOBUFC_H
#define CPROTOBUFC_H

#if !__has_include(<protobuf-c/protobuf-c.h>)
#error "protobuf-c is missing: install libprotobuf-c-dev (Debian, Ubuntu), protobuf-c-devel (Fedora) or protobuf-c (Homebrew)"
#else

#include <protobuf-c/protobuf-c.h>

// A buffer with a context pointer: protobuf-c hands its `append` function the buffer and nothing else.
typedef struct {
  ProtobufCBuffer base;
  void *context;
} CProtobufCContextBuffer;

#endif

#endif
