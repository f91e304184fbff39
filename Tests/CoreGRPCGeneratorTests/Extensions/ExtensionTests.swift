import ProtobufC
import ProtobufCWellKnownTypes
import Testing

/// Extensions and custom options of `Tests/CKitchenSink/protos` and `Tests/CEditions/protos`.
@Suite("Extensions") struct ExtensionTests {
  private typealias Record = Legacy_Record

  /// All extensions, set one after the other as by ``pythons``.
  private func all() -> Record {
    .with {
      $0.Legacy_remark = "é"
      $0.Legacy_sum = -3
      $0.Legacy_sums = [-1, 1 << 40]
      $0.Legacy_codes = [1, .max]
      $0.Legacy_tags = ["a", ""]
      $0.Legacy_part = Legacy_Part(number: -1)
      $0.Legacy_moreParts = [Legacy_Part(number: 1), Legacy_Part()]
      $0.Legacy_lastGrade = .bad
      $0.Legacy_grades = [.good, .bad]
      $0.Legacy_blob = [0, 255]
      $0.Legacy_ratio = -0.5
      $0.Legacy_isNew = false
      $0.Legacy_floats = [1.5, -0.0]
      $0.Legacy_detail = Legacy_Detail(text: "d")
      $0.Legacy_fixed = -2
      $0.Legacy_big = .max
      $0.Legacy_Scope_scope = Legacy_Scope(number: 3)
      $0.Legacy_Scope_Inner_inner = 0
    }
  }

  /// The bytes that Python sends for them.
  private static let pythons = """
    a20602c3a9a80605b2060701808080808040bd0601000000bd06ffffffffc2060161c20600ca060b08ffffffffffffffffff01d206020801d206\
    00d806ffffffffffffffffff01e00601e006ffffffffffffffffff01ea060200fff106000000000000e0bff806008207080000c03f000000808\
    b070a01648c079107feffffffffffffff9807ffffffffffffffffff01c20c020803c80c00
    """

  private func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap { UInt8(String($0), radix: 16) }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }

  @Test("Extensions of every type are what Python sends")
  func python() throws {
    let message = all()
    let required = Record().serializedBytes()
    #expect(message.serializedBytes() == required + bytes(Self.pythons))
    let decoded = try Record(serializedBytes: required + bytes(Self.pythons))
    #expect(decoded == message)
    #expect(decoded.Legacy_remark == "é" && decoded.Legacy_sum == -3 && decoded.Legacy_sums == [-1, 1 << 40])
    #expect(decoded.Legacy_codes == [1, .max] && decoded.Legacy_tags == ["a", ""])
    #expect(decoded.Legacy_part?.number == -1 && decoded.Legacy_moreParts.map(\.number) == [1, nil])
    #expect(decoded.Legacy_lastGrade == .bad && decoded.Legacy_grades == [.good, .bad])
    #expect(decoded.Legacy_blob == [0, 255] && decoded.Legacy_ratio == -0.5 && decoded.Legacy_isNew == false)
    #expect(decoded.Legacy_floats == [1.5, 0] && decoded.Legacy_floats[1].sign == .minus)
    #expect(decoded.Legacy_detail?.text == "d" && decoded.Legacy_fixed == -2 && decoded.Legacy_big == .max)
    #expect(decoded.Legacy_Scope_scope?.number == 3 && decoded.Legacy_Scope_Inner_inner == 0)
  }

  @Test("Extensions that are not set, and their defaults")
  func absent() {
    let record = Record()
    #expect(record.Legacy_remark == nil && record.Legacy_sums.isEmpty && record.Legacy_part == nil)
    #expect(record.Legacy_sumOrDefault == -7 && record.Legacy_lastGradeOrDefault == .bad)
    #expect(Record.with { $0.Legacy_sum = 0 }.Legacy_sumOrDefault == 0)
  }

  @Test("Setting an extension leaves the others and other unknown fields as they are; nil removes it")
  func change() throws {
    var record = try Record(serializedBytes: Record().serializedBytes() + [0xC0, 0x3E, 1] + bytes(Self.pythons))
    let before = record
    record.Legacy_sums = [2]
    #expect(record.Legacy_sums == [2] && record != before)
    record.Legacy_sums = [-1, 1 << 40]
    #expect(record == before)
    record.Legacy_remark = nil
    #expect(record.Legacy_remark == nil && record.Legacy_tags == before.Legacy_tags)
    record = Record()
    record.Legacy_tags = ["a"]
    record.Legacy_tags.append("b")
    record[Legacy_Extensions_tags].append("c")
    #expect(record.Legacy_tags == ["a", "b", "c"])
    record.Legacy_tags = []
    #expect(record.unknownFields.isEmpty)
  }

  @Test("The last of several values counts, messages are merged, both forms of numbers are read")
  func repetitions() throws {
    func record(_ fields: [UInt8]) throws -> Record {
      try Record(serializedBytes: Record().serializedBytes() + fields)
    }
    #expect(try record([0xA8, 0x06, 1, 0xA8, 0x06, 2]).Legacy_sum == 1)
    // A number, then the message that follows: one part.
    let parts: [UInt8] = [0xCA, 0x06, 2, 0x08, 1, 0xCA, 0x06, 4, 0x12, 2, 0x08, 2]
    let merged = Legacy_Part(number: 1, next: Legacy_Part(number: 2))
    #expect(try record(parts).Legacy_part == merged)
    // Not packed where packed is declared, and the other way round.
    #expect(try record([0xB0, 0x06, 1, 0xB2, 0x06, 1, 3]).Legacy_sums == [-1, -2])
    #expect(try record([0xBA, 0x06, 4, 1, 0, 0, 0]).Legacy_codes == [1])
    // With the wire type of another, a field is not the extension.
    #expect(try record([0xAA, 0x06, 1, 2]).Legacy_sum == nil)
    // A message in place of a group.
    #expect(try record([0x8A, 0x07, 3, 0x0A, 1, 0x64]).Legacy_detail?.text == "d")
  }

  @Test("A value that cannot be decoded reads as not set, and an error says why")
  func faults() throws {
    let record = try Record(
      serializedBytes: Record().serializedBytes() + [0xA2, 0x06, 1, 0xFF, 0xB2, 0x06, 1, 0x80, 0xCA, 0x06, 1, 0x08]
    )
    #expect(record.Legacy_remark == nil && record.Legacy_sums == [] && record.Legacy_part == nil)
    let text = #expect(throws: BinaryDecodingError.self) { try record.decode(Legacy_Extensions_remark) }
    #expect(text?.code == .invalidUTF8)
    #expect(text?.message == "field [legacy.remark] of legacy.Record is not valid UTF-8")
    let numbers = #expect(throws: BinaryDecodingError.self) { try record.decode(Legacy_Extensions_sums) }
    #expect(numbers?.message == "field [legacy.sums] of legacy.Record is not packed numbers")
    let part = #expect(throws: BinaryDecodingError.self) { try record.decode(Legacy_Extensions_part) }
    #expect(part?.code == .malformed)
    let deep = Record.with { $0.Legacy_part = Legacy_Part(next: Legacy_Part(next: Legacy_Part())) }
    #expect(throws: BinaryDecodingError.self) {
      try deep.decode(Legacy_Extensions_part, limits: DecodingLimits(maxDepth: 1))
    }
    #expect(try deep.decode(Legacy_Extensions_part) != nil)
  }

  @Test("A type inside the extended message has the Swift name of an extension's type")
  func hiddenType() throws {
    let box = Legacy_Box.with {
      $0.Legacy_heldPart = Legacy_Part(number: 1)
      $0.Legacy_heldParts = [Legacy_Part(number: 2)]
      $0.Legacy_heldGrade = .good
    }
    let decoded = try Legacy_Box(serializedBytes: box.serializedBytes())
    #expect(decoded.Legacy_heldPart?.number == 1 && decoded.Legacy_heldParts.map(\.number) == [2])
    #expect(decoded.Legacy_heldGrade == .good && Legacy_Box().Legacy_heldGradeOrDefault == .bad)
  }

  @Test("Custom options, read from a file's descriptor")
  func options() throws {
    let bytes = NamelessFile.descriptor.serializedBytes
    let file = try Google_Protobuf_FileDescriptorProto(serializedBytes: bytes)
    let options = try #require(file.messageType.first { $0.name == "Nameless" }?.options)
    #expect(options.note == "a note" && options.levels == [1, 2] && options.rule?.text == "r")
    // The option has the name of a field of google.protobuf.MessageOptions.
    #expect(options.deprecated == nil && options.deprecated_p == 7)
    #expect(Extensions_deprecated.name == "deprecated" && Extensions_deprecated.number == 50001)

    let edition = Editions_Y2024_Edition2024File.descriptor.serializedBytes
    let measurement = try Google_Protobuf_FileDescriptorProto(serializedBytes: edition).messageType.first
    #expect(measurement?.field.first?.options?.Editions_Options_unit == "s")
  }
}
