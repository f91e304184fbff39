import FormatMessages
import ProtobufC
import ProtobufCTextFormat
import ProtobufCWellKnownTypes
import Testing

@Suite struct DecodingTests {
  private func code(
    _ text: String,
    _ options: TextFormatDecodingOptions = TextFormatDecodingOptions()
  ) -> TextFormatDecodingError.Code? {
    do throws(TextFormatDecodingError) {
      _ = try Formats_Everything(textFormatString: text, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func readsWhatIsWritten() throws {
    let message = Formats_Everything.with {
      $0.aDouble = -1.25e-7
      $0.aFloat = 3.4028235e38
      $0.anInt32 = .min
      $0.anInt64 = .min
      $0.aUint32 = .max
      $0.aUint64 = .max
      $0.aSint32 = .min
      $0.aSint64 = .min
      $0.aFixed32 = .max
      $0.aFixed64 = .max
      $0.aSfixed32 = .min
      $0.aSfixed64 = .min
      $0.aBool = true
      $0.aString = "\"\\\u{0}\u{1F}é🙂\n'"
      $0.aBytes = Array(0...255)
      $0.aColor = .none_
      $0.nested = .with { $0.maybe = 0 }
      $0.numbers = [0, -1, .max]
      $0.folded = [.min, 0, .max]
      $0.names = ["", "b"]
      $0.colors = [.red, .unrecognized(9)]
      $0.children = [Formats_Everything(), .with { $0.floats = [1, -.infinity] }]
      $0.counts = ["": 0, "é": 1]
      $0.colorsByFlag = [true: .red, false: .unspecified]
      $0.childrenByNumber = [-5: .with { $0.aString = String(repeating: "long ", count: 1000) }]
      $0.choice = .chosenText("")
      $0.values = [.null, 1, "text", true, [1, [nil]], ["a": ["b": 2.5]]]
      $0.null = .nullValue
      $0.any = Google_Protobuf_Any(packing: Google_Protobuf_Duration(seconds: 5))
    }
    #expect(try Formats_Everything(textFormatString: message.textFormatString()) == message)
    #expect(try Formats_Everything(textFormatString: message.debugDescription) == message)
  }

  @Test func readsPercentEscapesInTypeURLs() throws {
    let name = "/google.protobuf.Duration"
    for prefix in ["a%2F", "%41%5a", "%2f%2F/b"] {
      let message = try Formats_Everything(textFormatString: "any { [\(prefix)\(name)] { seconds: 5 } }")
      #expect(message.any?.typeURL == prefix + name)
    }
    for prefix in ["a%ZZ", "a%2", "a%", "%%41", "%2F%4g"] {
      #expect(code("any { [\(prefix)\(name)] { seconds: 5 } }") == .malformed)
    }
  }

  @Test func readsPackedFieldsAsTheyAreWritten() throws {
    // Where messages keep fields as bytes, other bytes would be another message.
    let packed = Formats_Everything.with {
      $0.numbers = Array(0..<200)
      $0.colors = [.red]
      $0.children = [.with { $0.numbers = [1, 2] }]
    }
    let message = Formats_Everything.with { $0.any = Google_Protobuf_Any(packing: packed) }
    #expect(try Formats_Everything(textFormatString: message.textFormatString()) == message)

    let marks = try Formats_Other_Old(serializedBytes: [8, 1, 0xAA, 0x06, 3, 1, 2, 3])
    for text in ["1 [formats.other.marks]: 2 [formats.other.marks]: [] [formats.other.marks]: 3", "[1, 2, 3]"] {
      #expect(try Formats_Other_Old(textFormatString: "[formats.other.marks]: \(text) id: 1") == marks)
    }
  }

  @Test func readsEveryPunctuation() throws {
    let text = """
      # A comment.
      an_int32: 1, a_bool: t; nested: { maybe: -  3 } # another
      numbers: [1, 2] numbers: 3 numbers: []
      children [{ maybe: 1 }, < maybe: 2 >] children {} children: <>
      counts { key: 'a' value: 1 } counts: { value: 5 }
      chosen_text: 'one' "two"
      'three'
      """
    let message = Formats_Everything.with {
      $0.anInt32 = 1
      $0.aBool = true
      $0.nested = .with { $0.maybe = -3 }
      $0.numbers = [1, 2, 3]
      $0.children = [.with { $0.maybe = 1 }, .with { $0.maybe = 2 }, Formats_Everything(), Formats_Everything()]
      $0.counts = ["a": 1, "": 5]
      $0.choice = .chosenText("onetwothree")
    }
    #expect(try Formats_Everything(textFormatString: text) == message)
    #expect(try Formats_Everything(textFormatString: "") == Formats_Everything())
  }

  @Test(arguments: [
    ("0", 0), ("-0x1F", -31), ("0X7fffffff", .max), ("017", 15), ("2147483647", .max), ("- 2147483648", .min),
  ]) func readsIntegers(_ text: String, _ number: Int32) throws {
    #expect(try Formats_Everything(textFormatString: "an_int32: \(text)").anInt32 == number)
  }

  @Test(arguments: [
    ("1", 1), ("1.", 1), (".5", 0.5), ("1.5f", 1.5), ("1e3", 1000), ("-1E-2F", -0.01), ("inf", .infinity),
    ("-Infinity", -.infinity),
    ("1e999", .infinity), ("0", 0), ("0.5", 0.5),
  ]) func readsFloatingPointNumbers(_ text: String, _ number: Double) throws {
    #expect(try Formats_Everything(textFormatString: "a_double: \(text)").aDouble == number)
  }

  @Test func readsEscapes() throws {
    let text = #"a_string: '\a\b\f\n\r\t\v\?\\\'\"\x41\101\u00e9\U0001F642' a_bytes: '\377\xfF\0'"#
    let message = try Formats_Everything(textFormatString: text)
    #expect(message.aString == "\u{7}\u{8}\u{C}\n\r\t\u{B}?\\'\"AAé🙂")
    #expect(message.aBytes == [0xFF, 0xFF, 0])
  }

  @Test(arguments: [
    "x: 1", "an_int32", "an_int32:", "an_int32 1", "an_int32: 1.5", "an_int32: 2147483648", "an_int32: '1'",
    "an_int32: 08",
    "an_int32: 0x", "an_int32: --1", "an_int32: +1", "an_int32: 1x", "a_bool: 2", "a_bool: yes", "a_bool: 'true'",
    "a_string: x", "a_string: '\n'", "a_string: 'a", "a_string: '\\z'", "a_string: '\\400'", "a_string: '\\u12'",
    "a_string: '\\ud800'", "a_string: '\\xff'", "a_string: '\\U00110000'", "a_string: '\\", "a_string: [",
    "a_color: RED",
    "a_color: 'COLOR_RED'", "a_double: 0x1", "a_double: 017", "a_double: nope", "a_double: 1e", "nested", "nested: 1",
    "a_double: 010.5", "nested {",
    "nested { maybe: 1 >", "nested < }", "}", "{}", "numbers: [1", "numbers: [1,]", "numbers: [,]", "numbers: [[1]]",
    "an_int32: [1]",
    ": 1", "[x]: 1", "[x", "[formats.Everything] {}", "any { [/nope] {} }", "any { [/formats.Everything] }",
    "an_int32: 1 ,, a_bool: t",
    "an_int32: 1 an_int32: 1", "chosen_number: 1 chosen_text: ''", "any { [/formats.Everything] {} type_url: '' }",
    "5000: 1", "nested { nested { }", "maybe: null", "anInt32: 1",
  ]) func refuses(_ text: String) {
    #expect(code(text) != nil)
  }

  @Test func tellsItsErrorsApart() {
    #expect(code("x: 1") == .unknownField)
    #expect(code("maybe: 1 maybe: 1") == .duplicateField)
    #expect(code("maybe: x") == .invalidValue)
    #expect(code("maybe {") == .malformed)
    #expect(code("any { [/nope] {} }") == .unknownType)
    let error = #expect(throws: TextFormatDecodingError.self) {
      try Formats_Everything(textFormatString: "a_bool: t\n é")
    }
    #expect(error?.message == "expected a field (line 2, column 2)")
    let missing = #expect(throws: TextFormatDecodingError.self) { try Formats_Other_Old(textFormatString: "text: ''") }
    #expect(missing?.code == .missingField)
  }

  @Test func ignoresUnknownFieldsIfAsked() throws {
    let text = """
      x: 1 y: -1.5 z { a: [1, {b: 'c' 'd'}] [e.f]: X } maybe: 5 w: [] v <> [g.h] { i: 1 }, u: -inf;
      """
    #expect(code(text) == .unknownField)
    var options = TextFormatDecodingOptions()
    options.ignoreUnknownFields = true
    #expect(try Formats_Everything(textFormatString: text, options: options) == .with { $0.maybe = 5 })
    for text in ["x", "x 1", "x: {", "x: [1", "x { y }", "x: }"] {
      #expect(code(text, options) == .malformed, "\(text)")
    }
    var extensions = TextFormatDecodingOptions()
    extensions.ignoreUnknownExtensionFields = true
    #expect(code("[a.b]: 1", extensions) == nil)
    #expect(code("x: 1", extensions) == .unknownField)
  }

  @Test func readsGroupsByBothNames() throws {
    #expect(try Formats_Other_Old(textFormatString: "id: 1 Inner { number: 2 }").inner?.number == 2)
    #expect(try Formats_Other_Old(textFormatString: "id: 1 inner: { number: 2 }").inner?.number == 2)
  }

  @Test func ignoresReservedNames() throws {
    let values = [
      "1", "-1.5e3", "'a}' \"]\"", "[1, {b: 'c'}, [2]]", "{ x { y: [] } [e.f]: X }", "< id: 'x' >", "NAME", "-inf",
    ]
    for value in values {
      for name in ["gone", "Left"] {
        let text = "id: 1 \(name): \(value), \(name): \(value); numbers: 2"
        let message = try Formats_Other_Old(textFormatString: text)
        #expect(message.numbers == [2], "\(value)")
        #expect(message.unknownFields.isEmpty)
      }
    }
    #expect(try Formats_Other_Old(textFormatString: "gone { a: 1 } id: 1").id == 1)
    // In the message that reserves the name, as it is written, and nowhere else.
    for text in ["id: 1 Gone: 1", "id: 1 left: 1", "id: 1 Inner { gone: 1 }"] {
      let error = #expect(throws: TextFormatDecodingError.self) { try Formats_Other_Old(textFormatString: text) }
      #expect(error?.code == .unknownField, "\(text)")
    }
    for text in ["gone", "gone 1", "gone: {", "gone: [1", "gone { y }", "gone: }"] {
      let error = #expect(throws: TextFormatDecodingError.self) { try Formats_Other_Old(textFormatString: text) }
      #expect(error?.code == .malformed, "\(text)")
    }
    let deep = "gone " + nested("{ gone ", "}", 200_000)
    let error = #expect(throws: TextFormatDecodingError.self) { try Formats_Other_Old(textFormatString: deep) }
    #expect(error?.code == .tooDeep)
  }

  @Test func refusesNumbersThatAClosedEnumLacks() throws {
    #expect(try Formats_Other_Old(textFormatString: "id: 1 kind: 3").kind == .fancy)
    #expect(try Formats_Other_Old(textFormatString: "id: 1 kind: KIND_PLAIN").kind == .plain)
    for text in ["id: 1 kind: 2", "id: 1 kind: -1", "id: 1 kind: 4"] {
      let error = #expect(throws: TextFormatDecodingError.self) { try Formats_Other_Old(textFormatString: text) }
      #expect(error?.code == .invalidValue, "\(text)")
    }
    #expect(try Formats_Everything(textFormatString: "a_color: 77").aColor == .unrecognized(77))
  }

  private func nested(_ open: String, _ close: String, _ depth: Int) -> String {
    String(repeating: open, count: depth) + String(repeating: close, count: depth)
  }

  @Test func boundsDepth() throws {
    var ignoring = TextFormatDecodingOptions()
    ignoring.ignoreUnknownFields = true
    // Depth alone is wrong with these texts.
    let texts: [(TextFormatDecodingOptions, (Int) -> String)] = [
      (TextFormatDecodingOptions(), { nested("nested {", "}", $0) }),
      (TextFormatDecodingOptions(), { nested("nested <", ">", $0) }),
      (TextFormatDecodingOptions(), { "any {" + nested("[/google.protobuf.Any] {", "}", $0) + "}" }),
      (ignoring, { "x: " + nested("[", "]", $0) }),
      (ignoring, { nested("x {", "}", $0) }),
    ]
    for (options, text) in texts {
      _ = try Formats_Everything(textFormatString: text(2), options: options)
      for depth in [101, 200_000] { #expect(code(text(depth), options) == .tooDeep) }
    }
    var options = TextFormatDecodingOptions()
    options.messageDepthLimit = 1
    #expect(code("nested {}", options) == nil)
    #expect(code("nested { nested {} }", options) == .tooDeep)
  }

  /// Every beginning of a text, and every text with a byte changed, is read or refused: nothing else happens.
  @Test func survivesEveryCutAndChange() throws {
    let text = Array(
      #"a_double: -1.5e3f, a_string: 'a\n\x41' "\u00e9" numbers: [1, 0x2] counts { key: 'a' } any { [/formats.Everything] < maybe: 1 > } # c"#
        .utf8
    )
    _ = try Formats_Everything(textFormatString: String(decoding: text, as: UTF8.self))
    for end in text.indices {
      _ = try? Formats_Everything(textFormatString: String(decoding: text[..<end], as: UTF8.self))
    }
    for index in text.indices {
      for byte: UInt8 in [0, 0x0A, 0x22, 0x27, 0x2D, 0x39, 0x5B, 0x5C, 0x7B, 0x7D, 0xFF] {
        var changed = text
        changed[index] = byte
        guard let message = try? Formats_Everything(textFormatString: String(decoding: changed, as: UTF8.self)) else {
          continue
        }
        #expect(try Formats_Everything(textFormatString: message.textFormatString()) == message)
      }
    }
  }
}
