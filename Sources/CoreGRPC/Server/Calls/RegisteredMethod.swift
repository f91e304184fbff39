/// A method that is registered with C-core.
@safe struct RegisteredMethod: @unchecked Sendable {
  // Unchecked, because of the pointer: C-core's entry is not changed, and lives as long as the server, which the holder
  // of this value holds.

  let pointer: UnsafeMutableRawPointer

  /// Whether a call comes with its first message.
  let readsMessage: Bool
}
