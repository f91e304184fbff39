/// The message types that a format may meet inside of a `google.protobuf.Any`, and their files' extensions.
///
/// JSON and text format show the fields of a message in an `Any`, and so must know its type by name. They know the
/// types of the file that declares the message itself, and of the files that it imports. A registry adds others.
///
/// ```swift
/// var options = JSONEncodingOptions()
/// options.types = [Compute_HelloRequest.self]
/// ```
public struct MessageTypeRegistry: Sendable, ExpressibleByArrayLiteral {
  /// The files that declare the types, in the order of the types.
  package let files: [ProtoFileDescriptor]

  /// Creates a registry.
  ///
  /// - Parameter types: The types. All types of their files, and of the files that these import, are known with them.
  public init(_ types: [any Message.Type]) {
    files = types.map { $0.protoFileDescriptor }
  }

  /// Creates a registry.
  ///
  /// - Parameter files: The files whose types, and whose imports' types, are known.
  public init(files: [ProtoFileDescriptor]) {
    self.files = files
  }

  /// Creates a registry.
  ///
  /// - Parameter elements: The types.
  public init(arrayLiteral elements: any Message.Type...) {
    self.init(elements)
  }
}
