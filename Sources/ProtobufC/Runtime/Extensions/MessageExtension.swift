/// A field that a `.proto` file adds to a message of another: a proto2 extension, or a custom option.
///
/// Generated code has a constant for each `extend`, and a property of the extended message:
///
/// ```swift
/// record.Legacy_remark = "seen"                // the property
/// record[Legacy_Extensions_remark] = "seen"    // the constant
/// ```
///
/// A message keeps its extensions in ``Message/unknownFields``, as they were received. Each access decodes the value
/// again.
public struct MessageExtension<Extendee: Message, Value: Sendable & Hashable>: Sendable {
  /// The extension's full name, such as `legacy.remark`.
  public let name: String

  /// The field's number.
  public let number: Int

  let decode: @Sendable ([WireField], DecodingLimits) throws(BinaryDecodingError) -> Value
  let encode: @Sendable (Value, inout WireFields) -> Void

  /// Creates an extension with at most one value.
  ///
  /// - Parameters:
  ///   - name: The full name.
  ///   - number: The field's number.
  ///   - element: The encoding of the value.
  public init<Element>(_ name: String, number: Int, _ element: ExtensionElement<Element>) where Value == Element? {
    self.name = name
    self.number = number
    let number = UInt32(number)
    decode = { (fields, limits) throws(BinaryDecodingError) in
      try element.last(of: fields, Self.place(name), limits)
    }
    encode = { value, output in
      guard let value else { return }
      element.append(value, to: &output, as: number)
    }
  }

  /// Creates an extension with any number of values.
  ///
  /// - Parameters:
  ///   - name: The full name.
  ///   - number: The field's number.
  ///   - element: The encoding of a value.
  ///   - isPacked: Whether numbers are sent in one piece. Both forms are read. Defaults to `false`.
  public init<Element>(
    _ name: String,
    number: Int,
    repeated element: ExtensionElement<Element>,
    isPacked: Bool = false
  ) where Value == [Element] {
    self.name = name
    self.number = number
    let number = UInt32(number)
    decode = { (fields, limits) throws(BinaryDecodingError) in
      try element.all(of: fields, Self.place(name), limits)
    }
    encode = { values, output in
      guard isPacked else {
        for value in values { element.append(value, to: &output, as: number) }
        return
      }
      if !values.isEmpty { element.appendPacked(values, to: &output, as: number) }
    }
  }

  /// The name of the extension in errors.
  private static func place(_ name: String) -> String { "[\(name)] of \(Extendee.protoMessageName)" }
}

extension Message {
  /// The value of an extension, or nothing if it is not set.
  ///
  /// A value that cannot be decoded, such as a sub-message that lacks a required field, reads as one that is not set:
  /// ``decode(_:limits:)`` says what is wrong with it.
  ///
  /// - Parameter messageExtension: The extension.
  public subscript<Value>(_ messageExtension: MessageExtension<Self, Value>) -> Value {
    get {
      do throws(BinaryDecodingError) {
        return try decode(messageExtension)
      } catch {
        return messageExtension.absentValue
      }
    }
    set {
      let number = UInt32(messageExtension.number)
      unknownFields.replace(number) { output in messageExtension.encode(newValue, &output) }
    }
  }

  /// Decodes the value of an extension.
  ///
  /// - Parameters:
  ///   - messageExtension: The extension.
  ///   - limits: The limits of the cost of a sub-message.
  /// - Returns: The value, or nothing if it is not set.
  /// - Throws: A ``BinaryDecodingError`` that says what is wrong with the value.
  public func decode<Value>(
    _ messageExtension: MessageExtension<Self, Value>,
    limits: DecodingLimits = DecodingLimits()
  ) throws(BinaryDecodingError) -> Value {
    try messageExtension.decode(unknownFields.fields(UInt32(messageExtension.number)), limits)
  }
}

extension MessageExtension {
  /// The value of an extension that is not set.
  fileprivate var absentValue: Value {
    do throws(BinaryDecodingError) {
      return try decode([], DecodingLimits())
    } catch {
      preconditionFailure("the extension has no default value")
    }
  }
}
