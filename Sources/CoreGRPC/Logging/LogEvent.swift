extension CoreGRPCLog {
  /// An event of the library or of C-core.
  public struct Event: Sendable, Hashable {
    /// The level.
    public var level: Level

    /// The text.
    public var message: String

    /// The method that was being served; `nil` if the event belongs to none, as all of C-core's.
    public var method: MethodDescriptor?

    /// The source file: a path for C-core, the module and the file's name for this library.
    public var file: String

    /// The line in the source file.
    public var line: Int

    /// Creates an event, for tests of a handler.
    ///
    /// - Parameters:
    ///   - level: The level.
    ///   - message: The text.
    ///   - method: The method that was being served. Defaults to `nil`.
    ///   - file: The source file. Defaults to the caller's.
    ///   - line: The line in the source file. Defaults to the caller's.
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
