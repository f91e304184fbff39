internal import ProtobufC
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct StructTests {
  private static let value: Google_Protobuf_Struct = ["list": [1, true, nil, "x", ["y": false]]]

  @Test func literalsAreWhatPythonSends() throws {
    #expect((["a": 1.5] as Google_Protobuf_Struct).hex == "0a0e0a0161120911000000000000f83f")
    #expect(
      Self.value.hex
        == "0a2f0a046c697374122732250a0911000000000000f03f0a0220010a0208000a031a01780a0b2a090a070a017912022000"
    )
    #expect((nil as Google_Protobuf_Value).hex == "0800")
    #expect(try Google_Protobuf_Struct(serializedBytes: Self.value.serializedBytes()) == Self.value)
  }

  @Test func accessors() throws {
    let list = try #require(Self.value["list"]?.listValue)
    #expect(list.values.count == 5)
    #expect(list[0].numberValue == 1)
    #expect(list[1].boolValue == true)
    #expect(list[2].isNull)
    #expect(list[3].stringValue == "x")
    #expect(list[4].structValue?["y"]?.boolValue == false)
  }

  @Test func accessorsOfOtherTypesAreNil() {
    for value in [nil, 1, true, "x", [], [:], Google_Protobuf_Value()] as [Google_Protobuf_Value] {
      let found = [
        value.isNull, value.numberValue != nil, value.boolValue != nil, value.stringValue != nil,
        value.listValue != nil,
        value.structValue != nil,
      ]
      #expect(found.count { $0 } == (value.kind == nil ? 0 : 1))
    }
  }

  @Test func nilRemovesAndNullStays() {
    var value: Google_Protobuf_Struct = ["a": 1, "b": 2]
    value["a"] = nil
    value["b"] = .null
    value["c"] = "new"
    #expect(value == ["b": nil, "c": "new"])
    #expect(value["a"] == nil)
    #expect(value["b"]?.isNull == true)
  }

  @Test func ofTwoFieldsWithOneNameTheLaterCounts() {
    #expect((["a": 1, "a": 2] as Google_Protobuf_Struct)["a"]?.numberValue == 2)
    #expect((["a": 1, "a": 2] as Google_Protobuf_Value).structValue?["a"] == 2)
  }

  @Test func listsChangeInPlace() {
    var list: Google_Protobuf_ListValue = [1, 2]
    list[1] = ["x"]
    #expect(list == [1, ["x"]])
    #expect(Google_Protobuf_Value(listValue: list) == [1, ["x"]])
  }
}
