/// Keeps a sub-message outside of the message that holds it: a struct cannot hold itself.
///
/// Generated code has it on the fields that lead from a message back to a message of the same type, unless the message
/// is so large that it keeps its fields in ``CopyOnWrite``:
///
/// ```swift
/// @Indirect public var next: Example_Node?
/// ```
///
/// It is a value like any other: a copy does not see what is done to the original.
@propertyWrapper
@frozen
public struct Indirect<Value: Message>: Sendable, Hashable {
  @usableFromInline
  @frozen
  enum Storage: Sendable, Hashable {
    case absent
    indirect case present(Value)
  }

  @usableFromInline var storage: Storage

  /// Keeps a sub-message.
  ///
  /// - Parameter wrappedValue: The sub-message, or nil if the field is not set.
  @inlinable
  public init(wrappedValue: Value?) {
    storage = if let wrappedValue { .present(wrappedValue) } else { .absent }
  }

  /// The sub-message, or nil if the field is not set.
  @inlinable
  public var wrappedValue: Value? {
    get {
      switch storage {
      case .present(let value): value
      case .absent: nil
      }
    }
    set { self = Self(wrappedValue: newValue) }
  }
}
