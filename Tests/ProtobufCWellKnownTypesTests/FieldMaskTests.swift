internal import ProtobufC
internal import ProtobufCWellKnownTypes
internal import Testing

@Suite struct FieldMaskTests {
  @Test func pathsAreWhatPythonSends() {
    #expect(Google_Protobuf_FieldMask(protoPaths: "a", "b.c").hex == "0a01610a03622e63")
    #expect(Google_Protobuf_FieldMask(protoPaths: ["a", "b.c"]).paths == ["a", "b.c"])
  }

  @Test(arguments: [
    ("a", true), ("a.x", true), ("a.x.y", true), ("ab", false), ("b", false), ("b.c", true), ("b.c.d", true),
    ("b.cd", false),
    ("", false),
  ])
  func containsFieldsAndWhatIsInThem(path: String, isContained: Bool) {
    #expect(Google_Protobuf_FieldMask(protoPaths: "a", "b.c").contains(path) == isContained)
  }

  @Test func canonicalFormIsPythons() {
    let mask = Google_Protobuf_FieldMask(protoPaths: "b", "a.b", "a", "b.c.d", "ab", "a")
    #expect(mask.canonical.paths == ["a", "ab", "b"])
    #expect(Google_Protobuf_FieldMask().canonical.paths == [])
  }
}
