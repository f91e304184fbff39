/// Why a message cannot be decoded, before it is put into words as a ``DecodingError``.
enum DecodingFailure: Error {
  case malformed, tooDeep, outOfStack, outOfMemory
}
