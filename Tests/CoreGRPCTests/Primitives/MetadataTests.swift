import CoreGRPC
import Testing

@Suite("Metadata as a value")
struct MetadataTests {
  @Test("Keys are case-insensitive, and values keep their order")
  func orderAndCase() {
    var metadata: Metadata = ["B": "1", "a": "2", "b": "3", "c-bin": [4]]
    #expect(metadata.map(\.key) == ["b", "a", "b", "c-bin"])
    #expect(metadata[stringValues: "B"] == ["1", "3"])
    #expect(metadata["C-Bin"] == [.binary([4])])
    metadata.replaceOrAddString("5", forKey: "B")
    #expect(metadata[stringValues: "b"] == ["5"])
    metadata.replaceOrAddBinary([6], forKey: "c-bin")
    metadata.add(contentsOf: ["d": "7"])
    #expect(metadata.map(\.key) == ["a", "b", "c-bin", "d"])
    metadata.removeAllValues(forKey: "A")
    #expect(metadata["a"].isEmpty)
    #expect(metadata.count == 3)
  }

  @Test("A value may be a text with interpolations")
  func interpolation() {
    let token = "t"
    let metadata: Metadata = ["authorization": "Bearer \(token)"]
    #expect(metadata[stringValues: "authorization"] == ["Bearer t"])
  }

  @Test("Values by key keep their order")
  func valuesByKey() {
    let metadata: Metadata = ["b": "1", "a-bin": [2], "B": "3"]
    #expect(metadata.valuesByKey == ["b": ["1", "3"], "a-bin": [[2]]])
    #expect(Metadata().valuesByKey.isEmpty)
  }

  @Test("A description has no values")
  func description() {
    let metadata: Metadata = ["authorization": "Bearer secret", "x-bin": [1]]
    #expect("\(metadata)" == "[authorization, x-bin]")
  }
}
