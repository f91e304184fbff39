extension CoreGRPCLog {
  /// A message of the library or of C-core.
  public struct Event: Sendable, Hashable {
    /// How much it matters.
    public var level: Level

    /// The text.
    public var message: String

    /// The method that was being served; `nil` if the event belongs to none, as C-core's never do.
    public var method: MethodDescriptor?

    /// The source file that the event comes from: of C-core a path, of this library the module and the file's name.
    public var file: String

    /// The line in the source file.
    public var line: Int

    /// Creates an event, for tests of a handler.
    public init(
      level: Level,
      message: String,
      method: MethodDescriptor? = nil,
      file: String = #fileID,
      line: Int = #line
    ) {
      self.level = level
      self.message = message
      self.method = method
      self.file = file
      self.line = line
    }
  }
}
