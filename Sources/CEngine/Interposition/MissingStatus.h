// What the functions in front of C-core's parser do about responses without grpc-status.

#ifndef MISSING_STATUS_H
#define MISSING_STATUS_H

namespace missing_status {

// Takes note of a frame that C-core's parser begins, with the batch that gets its headers.
void begin_frame(const void *parser, void *batch, bool ends_response);

// Completes the batch of a frame that has been parsed, if it ends a response.
void end_frame(const void *parser);

// Takes note of the end of a connection.
void forget(const void *parser);

}  // namespace missing_status

#endif
