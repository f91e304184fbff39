/// Keeps a sub-message outside of the message that holds it: a struct cannot hold itself.
///
/// Generated code has it on the fields that lead from a message back to a message of the same type, unless the message is so
/// large that it keeps its fields in ``CopyOnWrite``:
///
/// ```swift
/// @Indirect public var next: Example_Node?
/// ```
///
/// It is a value like any other: a copy does not see what is done to the original.
@propertyWrapper
public struct Indirect<Value: Message>: Sendable, Hashable {
  private enum Storage: Sendable, Hashable {
    case absent
    indirect case present(Value)
  }

  private var storage: Storage

  /// Keeps a sub-message.
  ///
  /// - Parameter wrappedValue: The sub-message, or nil if the field is not set.
  public init(wrappedValue: Value?) {
    storage = wrappedValue.map { .present($0) } ?? .absent
  }

  /// The sub-message, or nil if the field is not set.
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
