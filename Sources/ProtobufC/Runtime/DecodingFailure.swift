/// Why a message cannot be decoded, before it is put into words as a ``BinaryDecodingError``.
enum DecodingFailure: Error {
  case malformed, tooDeep, outOfStack, outOfMemory
}
