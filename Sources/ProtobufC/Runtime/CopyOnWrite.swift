/// Keeps the fields of a large message on the heap, where copies of the message share them: the interface for generated
/// code.
///
/// A message of many fields, or one that would be large because of the sub-messages inside it, has this as its only
/// stored property. The message is then the size of one pointer, and a copy of it retains one object. The first change
/// of a message that shares its fields copies them.
///
/// The fields are the only element of an array. The array checks for itself whether it is shared, so that no unchecked
/// code is needed: a value is `Sendable` because an array of `Sendable` elements is.
@frozen
public struct CopyOnWrite<Fields: Sendable & Hashable>: Sendable, Hashable {
  /// Always one element.
  @usableFromInline var storage: [Fields]

  /// Moves fields to the heap.
  ///
  /// - Parameter fields: The fields.
  @inlinable
  public init(_ fields: Fields) { storage = [fields] }

  /// The fields.
  ///
  /// A change copies all of them first if they are shared.
  @inlinable
  public var fields: Fields {
    // Lends the element where it is. An array's own `get` returns a copy.
    _read { yield storage.span[0] }
    _modify { yield &storage[0] }
  }

  /// Compares the fields.
  ///
  /// Not the arrays: an array equals itself, but a message with a number that is NaN does not.
  @inlinable
  public static func == (left: Self, right: Self) -> Bool { left.fields == right.fields }

  /// Hashes the fields.
  ///
  /// - Parameter hasher: The hasher.
  @inlinable
  public func hash(into hasher: inout Hasher) { hasher.combine(fields) }
}
