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

  @Test("Entries come from any sequence, and are removed by a predicate or all together")
  func sequences() {
    var metadata = Metadata([(key: "A", value: "1"), (key: "b-bin", value: [2])] as [Metadata.Element])
    metadata.add(contentsOf: [(key: "C", value: "3")] as [Metadata.Element])
    let literal: Metadata = [("a", "1"), ("b-bin", [2]), ("c", "3")]
    #expect(metadata == literal && metadata.hashValue == literal.hashValue)
    metadata.removeAll { key, value in key == "a" || value == "3" }
    #expect(metadata == ["b-bin": [2]])
    metadata.reserveCapacity(40)
    metadata.removeAll(keepingCapacity: true)
    #expect(metadata.isEmpty && metadata.capacity >= 40)
    metadata.addString("1", forKey: "a")
    metadata.removeAll()
    #expect(metadata.isEmpty && metadata.capacity == 0)
  }

  @Test("Texts are base64 where bytes are asked for")
  func base64() {
    let values: [Metadata.Value] = ["AP8", "AP8=", "", [7], "A", "A=B="]
    let metadata = Metadata(values.map { (key: "x-bin", value: $0) })
    #expect(metadata[binaryValues: "x-bin"] == [[0, 255], [0, 255], [], [7]])
    #expect(metadata[stringValues: "x-bin"] == ["AP8", "AP8=", "", "A", "A=B="])
    let pairs: [(String, [UInt8])] = [("", []), ("Zg", [0x66]), ("Zm8", [0x66, 0x6F]), ("+/+/", [0xFB, 0xFF, 0xBF])]
    for (text, bytes) in pairs {
      #expect(Metadata.Value.binary(bytes).encoded() == text)
      #expect((["x-bin": .string(text)] as Metadata)[binaryValues: "x-bin"] == [bytes])
    }
    let everyByte = (0...255).map { UInt8($0) }
    for count in 0...4 {
      let bytes = everyByte.dropLast(count)
      let text = Metadata.Value.binary(Array(bytes)).encoded()
      #expect((["x-bin": .string(text)] as Metadata)[binaryValues: "x-bin"] == [Array(bytes)])
    }
    for wrong in ["Zh", "Zm9", "Z", "Zg=", "Zg===", "Z g=", "Zg-_", "=", "===="] {
      #expect((["x-bin": .string(wrong)] as Metadata)[binaryValues: "x-bin"].isEmpty, "\(wrong)")
    }
    #expect(Metadata.Value.string("a").encoded() == "a")
  }

  @Test("A value is described by its content")
  func valueDescription() {
    #expect("\(Metadata.Value.string("a b")) \(Metadata.Value.binary([1, 2]))" == "a b [1, 2]")
  }

  @Test("A description has no values")
  func description() {
    let metadata: Metadata = ["authorization": "Bearer secret", "x-bin": [1]]
    #expect("\(metadata)" == "[authorization, x-bin]")
  }
}
