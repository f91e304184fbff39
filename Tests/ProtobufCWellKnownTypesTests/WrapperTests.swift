internal import ProtobufC
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct WrapperTests {
  @Test func wrappersAreWhatPythonSends() {
    #expect((0.5 as Google_Protobuf_DoubleValue).hex == "09000000000000e03f")
    #expect((0.5 as Google_Protobuf_FloatValue).hex == "0d0000003f")
    #expect((18_446_744_073_709_551_615 as Google_Protobuf_UInt64Value).hex == "08ffffffffffffffffff01")
    #expect((-1 as Google_Protobuf_Int64Value).hex == "08ffffffffffffffffff01")
    #expect((-1 as Google_Protobuf_Int32Value).hex == "08ffffffffffffffffff01")
    #expect((4_294_967_295 as Google_Protobuf_UInt32Value).hex == "08ffffffff0f")
    #expect((true as Google_Protobuf_BoolValue).hex == "0801")
    #expect(("a\0" as Google_Protobuf_StringValue).hex == "0a026100")
    #expect(Google_Protobuf_BytesValue([0, 0xFF]).hex == "0a0200ff")
  }

  @Test func anyWrapperIsMadeOfItsValue() {
    func wrap<Wrapper: ProtobufWrapper>(_ value: Wrapper.WrappedType, as type: Wrapper.Type) -> Wrapper {
      Wrapper(value)
    }
    #expect(wrap("x", as: Google_Protobuf_StringValue.self).value == "x")
    #expect(wrap(7, as: Google_Protobuf_Int32Value.self) == 7)
  }
}
