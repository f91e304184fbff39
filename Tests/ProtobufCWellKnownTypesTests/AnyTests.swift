internal import ProtobufC
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct AnyTests {
  @Test func packsAsPythonDoes() {
    #expect(
      Google_Protobuf_Any(packing: Google_Protobuf_StringValue("héllo")).hex
        == "0a2f747970652e676f6f676c65617069732e636f6d2f676f6f676c652e70726f746f6275662e537472696e6756616c7565"
        + "12080a0668c3a96c6c6f"
    )
    for prefix in ["example.org/types", "example.org/types/"] {
      #expect(
        Google_Protobuf_Any(packing: Google_Protobuf_Duration(seconds: 5), typePrefix: prefix).hex
          == "0a2a6578616d706c652e6f72672f74797065732f676f6f676c652e70726f746f6275662e4475726174696f6e12020805"
      )
    }
  }

  @Test func unpacksWhatIsInside() throws {
    let any = Google_Protobuf_Any(packing: Google_Protobuf_StringValue("text"))
    #expect(any.isA(Google_Protobuf_StringValue.self))
    #expect(try any.unpack(as: Google_Protobuf_StringValue.self)?.value == "text")
    #expect(!any.isA(Google_Protobuf_BytesValue.self))
    #expect(try any.unpack(as: Google_Protobuf_BytesValue.self) == nil)
  }

  @Test(
    arguments: [
      ("a/google.protobuf.Empty", "google.protobuf.Empty"), ("https://a.b/c/x.Y", "x.Y"), ("/x.Y", "x.Y"), ("x.Y", nil),
      ("a/", nil), ("", nil), ("a//x.Y", "x.Y"), ("é/\u{301}x", "\u{301}x"),
    ] as [(String, String?)]
  )
  func typeURLs(typeURL: String, name: String?) {
    let any = Google_Protobuf_Any(typeURL: typeURL)
    #expect(any.messageName == name)
    #expect(any.isA(Google_Protobuf_Empty.self) == (name == "google.protobuf.Empty"))
  }

  @Test func whatIsInsideMayBeMalformed() {
    var any = Google_Protobuf_Any(packing: Google_Protobuf_StringValue("text"))
    any.value = [0x0A, 5]
    let error = #expect(throws: BinaryDecodingError.self) { try any.unpack(as: Google_Protobuf_StringValue.self) }
    #expect(error?.code == .malformed)
    any.value = [0x0A, 1, 0xFF]
    #expect(throws: BinaryDecodingError.self) { try any.unpack(as: Google_Protobuf_StringValue.self) }
  }

  @Test func limitsHoldInside() throws {
    let value: Google_Protobuf_Value = [[[[]]]]
    let any = Google_Protobuf_Any(packing: value)
    #expect(try any.unpack(as: Google_Protobuf_Value.self) == value)
    let error = #expect(throws: BinaryDecodingError.self) {
      try any.unpack(as: Google_Protobuf_Value.self, limits: DecodingLimits(maxDepth: 3))
    }
    #expect(error?.code == .tooDeep)
  }
}
