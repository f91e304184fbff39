extension ExtensionElement {
  private static func varint(
    _ decode: @escaping @Sendable (UInt64) -> Value,
    _ encode: @escaping @Sendable (Value) -> UInt64
  ) -> Self {
    Self(
      .number(
        .varint,
        decode: { field in if case .varint(let bits) = field { decode(bits) } else { nil } },
        append: { value, output in output.append(varint: encode(value)) }
      )
    )
  }

  private static func fixed32(
    _ decode: @escaping @Sendable (UInt32) -> Value,
    _ encode: @escaping @Sendable (Value) -> UInt32
  ) -> Self {
    Self(
      .number(
        .fixed32,
        decode: { field in if case .fixed32(let bits) = field { decode(bits) } else { nil } },
        append: { value, output in output.append(fixed: encode(value)) }
      )
    )
  }

  private static func fixed64(
    _ decode: @escaping @Sendable (UInt64) -> Value,
    _ encode: @escaping @Sendable (Value) -> UInt64
  ) -> Self {
    Self(
      .number(
        .fixed64,
        decode: { field in if case .fixed64(let bits) = field { decode(bits) } else { nil } },
        append: { value, output in output.append(fixed: encode(value)) }
      )
    )
  }
}

extension ExtensionElement<Int32> {
  /// The type `int32`.
  public static var int32: Self {
    varint({ Int32(truncatingIfNeeded: $0) }, { UInt64(bitPattern: Int64($0)) })
  }

  /// The type `sint32`.
  public static var sint32: Self {
    varint(
      { bits in
        let bits = UInt32(truncatingIfNeeded: bits)
        return Int32(bitPattern: bits >> 1) ^ -Int32(bitPattern: bits & 1)
      },
      { value in UInt64(UInt32(bitPattern: value << 1 ^ value >> 31)) }
    )
  }

  /// The type `sfixed32`.
  public static var sfixed32: Self { fixed32({ Int32(bitPattern: $0) }, { UInt32(bitPattern: $0) }) }
}

extension ExtensionElement<Int64> {
  /// The type `int64`.
  public static var int64: Self { varint({ Int64(bitPattern: $0) }, { UInt64(bitPattern: $0) }) }

  /// The type `sint64`.
  public static var sint64: Self {
    varint(
      { bits in Int64(bitPattern: bits >> 1) ^ -Int64(bitPattern: bits & 1) },
      { value in UInt64(bitPattern: value << 1 ^ value >> 63) }
    )
  }

  /// The type `sfixed64`.
  public static var sfixed64: Self { fixed64({ Int64(bitPattern: $0) }, { UInt64(bitPattern: $0) }) }
}

extension ExtensionElement<UInt32> {
  /// The type `uint32`.
  public static var uint32: Self { varint({ UInt32(truncatingIfNeeded: $0) }, { UInt64($0) }) }

  /// The type `fixed32`.
  public static var fixed32: Self { fixed32({ $0 }, { $0 }) }
}

extension ExtensionElement<UInt64> {
  /// The type `uint64`.
  public static var uint64: Self { varint({ $0 }, { $0 }) }

  /// The type `fixed64`.
  public static var fixed64: Self { fixed64({ $0 }, { $0 }) }
}

extension ExtensionElement<Float> {
  /// The type `float`.
  public static var float: Self { fixed32({ Float(bitPattern: $0) }, { $0.bitPattern }) }
}

extension ExtensionElement<Double> {
  /// The type `double`.
  public static var double: Self { fixed64({ Double(bitPattern: $0) }, { $0.bitPattern }) }
}

extension ExtensionElement<Bool> {
  /// The type `bool`.
  public static var bool: Self { varint({ $0 != 0 }, { $0 ? 1 : 0 }) }
}

extension ExtensionElement<String> {
  /// The type `string`.
  public static var string: Self {
    Self(.content(decode: { bytes, _ in String(validating: bytes, as: UTF8.self) }, encode: { Array($0.utf8) }))
  }
}

extension ExtensionElement where Value: RangeReplaceableCollection<UInt8> {
  /// The type `bytes`.
  public static var bytes: Self { Self(.content(decode: { bytes, _ in Value(bytes) }, encode: { Array($0) })) }
}

extension ExtensionElement where Value: Enumeration {
  /// An enum.
  public static var enumeration: Self {
    varint({ Value(rawValue: Int32(truncatingIfNeeded: $0)) }, { UInt64(bitPattern: Int64($0.rawValue)) })
  }
}

extension ExtensionElement where Value: Message {
  /// A message.
  public static var message: Self { message(isGroup: false) }

  /// A group, or a message whose encoding is `DELIMITED`.
  public static var group: Self { message(isGroup: true) }

  private static func message(isGroup: Bool) -> Self {
    Self(
      .message(
        isGroup: isGroup,
        decode: { (bytes, limits) throws(BinaryDecodingError) in
          try Value(serializedBytes: bytes, limits: limits)
        },
        encode: { $0.serializedBytes() }
      )
    )
  }
}
