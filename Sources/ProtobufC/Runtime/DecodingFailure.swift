/// The reason that a message cannot be decoded, from which a ``BinaryDecodingError`` is made.
enum DecodingFailure: Error {
  case malformed, tooDeep, outOfStack, outOfMemory
}
