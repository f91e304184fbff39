import FormatMessages
import ProtobufC
import ProtobufCJSON
import ProtobufCWellKnownTypes
import Testing

@Suite struct DecodingTests {
  private func code(_ json: String, _ options: JSONDecodingOptions = JSONDecodingOptions()) -> JSONDecodingError.Code? {
    do throws(JSONDecodingError) {
      _ = try Formats_Everything(jsonString: json, options: options)
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
      $0.aString = "\"\\\u{0}\u{1F}é🙂\n"
      $0.aBytes = Array(0...255)
      $0.aColor = .red
      $0.nested = .with { $0.maybe = 0 }
      $0.otherName = 3
      $0.numbers = [0, -1, .max]
      $0.folded = [.min, 0, .max]
      $0.names = ["", "b"]
      $0.colors = [.red, .unrecognized(9), .none_]
      $0.children = [Formats_Everything(), .with { $0.floats = [1, -.infinity] }]
      $0.counts = ["": 0, "é": 1, "e\u{301}x": 2]
      $0.colorsByFlag = [true: .red, false: .unspecified]
      $0.childrenByNumber = [-5: .with { $0.aString = String(repeating: "long ", count: 1000) }]
      $0.choice = .chosenText("")
      $0.values = [.null, 1, "text", true, [1, [nil]], ["a": ["b": 2.5]]]
      $0.null = .nullValue
    }
    #expect(try Formats_Everything(jsonString: message.jsonString()) == message)
    #expect(try Formats_Everything(jsonUTF8Bytes: message.jsonUTF8Bytes()) == message)
    var options = JSONEncodingOptions()
    options.alwaysPrintEnumsAsInts = true
    options.alwaysPrintInt64sAsNumbers = true
    options.preserveProtoFieldNames = true
    #expect(try Formats_Everything(jsonString: message.jsonString(options: options)) == message)
  }

  @Test(arguments: [
    ("1", 1), ("1.0", 1), ("1e2", 100), ("1.5e1", 15), ("100e-2", 1), ("-0", 0), ("\"7\"", 7), ("\"1e1\"", 10),
    ("0e999999999999999999999999", 0), ("2147483647", .max), ("-2147483648", .min), ("0.000", 0), ("10.0e-1", 1),
    ("2.147483647e9", .max),
  ]) func readsIntegers(_ text: String, _ number: Int32) throws {
    #expect(try Formats_Everything(jsonString: "{\"anInt32\":\(text)}").anInt32 == number)
  }

  @Test(arguments: [
    "1.5", "2147483648", "1e10", "\"\"", "\" 1\"", "\"1 \"", "01", "\"01\"", "+1", "1.", ".5", "0x1", "true", "[1]",
    "{}", "\"a\"",
    "1e", "1e-1", "1e999999999999999999999999", "1e-999999999999999999999999", "--1", "Infinity", "\"NaN\"",
  ]) func refusesOtherIntegers(_ text: String) {
    #expect(code("{\"anInt32\":\(text)}") != nil)
  }

  @Test func keepsAllBitsOfWideNumbers() throws {
    let message = try Formats_Everything(
      jsonString: #"{"anInt64":9223372036854775807,"aUint64":1.8446744073709551615e19,"aSint64":-9223372036854775808}"#
    )
    #expect(message.anInt64 == .max)
    #expect(message.aUint64 == .max)
    #expect(message.aSint64 == .min)
    #expect(code(#"{"anInt64":9223372036854775808}"#) == .invalidValue)
    #expect(code(#"{"aUint64":-1}"#) == .invalidValue)
  }

  @Test func readsFloatingPointNumbers() throws {
    let message = try Formats_Everything(
      jsonString: #"{"aDouble":"-Infinity","aFloat":"1.5","floats":["NaN",2,1e-400]}"#
    )
    #expect(message.aDouble == -.infinity)
    #expect(message.aFloat == 1.5)
    #expect(message.floats[0].isNaN)
    #expect(message.floats[1...] == [2, 0])
    for text in ["1e400", "\"1e400\"", "NaN", "\"inf\"", "\"nan\"", "\"\"", "true", "1e"] {
      #expect(code("{\"aDouble\":\(text)}") != nil, "\(text)")
    }
    #expect(code(#"{"aFloat":3.5e38}"#) == .invalidValue)
  }

  @Test func readsBothAlphabetsOfBase64() throws {
    for text in ["+/8=", "-_8=", "+/8", "-_8"] {
      #expect(try Formats_Everything(jsonString: "{\"aBytes\":\"\(text)\"}").aBytes == [0xFB, 0xFF])
    }
    for text in ["A", "AB=", "ABC==", "A===", "AB C", "====", "AB\\n", "é"] {
      #expect(code("{\"aBytes\":\"\(text)\"}") == .invalidValue, "\(text)")
    }
  }

  @Test func readsEnums() throws {
    for text in [#""COLOR_RED""#, #""COLOR_CRIMSON""#, "1", "1.0"] {
      #expect(try Formats_Everything(jsonString: "{\"aColor\":\(text)}").aColor == .red)
    }
    #expect(try Formats_Everything(jsonString: #"{"aColor":12}"#).aColor == .unrecognized(12))
    for text in [#""RED""#, #""1""#, "1.5", "true", "3000000000"] {
      #expect(code("{\"aColor\":\(text)}") == .invalidValue)
    }
  }

  @Test func readsBothNamesOfAField() throws {
    #expect(try Formats_Everything(jsonString: #"{"anInt32":1}"#).anInt32 == 1)
    #expect(try Formats_Everything(jsonString: #"{"an_int32":1}"#).anInt32 == 1)
    #expect(try Formats_Everything(jsonString: #"{"@odd":1}"#).otherName == 1)
    #expect(try Formats_Everything(jsonString: #"{"other_name":1}"#).otherName == 1)
    #expect(code(#"{"otherName":1}"#) == .unknownField)
  }

  @Test func takesNullForNothing() throws {
    let text =
      #"{"anInt32":null,"nested":null,"numbers":null,"counts":null,"time":null,"chosenText":null,"chosenNumber":2}"#
    #expect(try Formats_Everything(jsonString: text) == .with { $0.choice = .chosenNumber(2) })
    #expect(try Formats_Everything(jsonString: #"{"value":null}"#).value == .null)
    #expect(try Formats_Everything(jsonString: #"{"chosenNull":null}"#).choice == .chosenNull(.nullValue))
    #expect(try Formats_Everything(jsonString: #"{"values":[null]}"#).values == [.null])
    for text in [
      #"{"numbers":[null]}"#, #"{"counts":{"a":null}}"#, #"{"children":[null]}"#, #"{"anInt32":nul}"#, "null",
    ] {
      #expect(code(text) != nil, "\(text)")
    }
  }

  @Test func refusesDuplicates() {
    for text in [
      #"{"maybe":1,"maybe":1}"#, #"{"anInt32":1,"an_int32":1}"#, #"{"chosenNumber":1,"chosenText":""}"#,
      #"{"counts":{"a":1,"a":1}}"#, #"{"counts":{"a":1,"\u0061":1}}"#, #"{"object":{"a":1,"a":1}}"#,
      #"{"childrenByNumber":{"1":{},"1.0":{}}}"#, #"{"value":{"a":{"b":1,"b":2}}}"#,
    ] { #expect(code(text) == .duplicateField, "\(text)") }
  }

  @Test func ignoresUnknownFieldsIfAsked() throws {
    let text =
      #"{"maybe":1,"unknown":[{"a":[1.5,"\u0041",true,null]}],"aColor":"NEW","colors":["COLOR_RED","NEW"],"colorsByFlag":{"true":"NEW"}}"#
    #expect(code(text) == .unknownField)
    var options = JSONDecodingOptions()
    options.ignoreUnknownFields = true
    let message = try Formats_Everything(jsonString: text, options: options)
    #expect(
      message
        == .with {
          $0.maybe = 1
          $0.colors = [.red]
        }
    )
    #expect(code(#"{"unknown":[1,]}"#, options) == .malformed)
    #expect(code(#"{"aColor":true}"#, options) == .invalidValue)
  }

  @Test(arguments: [
    "", " ", "{", "}", "{\"maybe\"}", "{\"maybe\":}", "{\"maybe\":1", "{\"maybe\":1,}", "{,}", "{} x", "{}{}", "[]",
    "1", "\"\"",
    "{maybe:1}", "{'maybe':1}", "{\"maybe\":1 \"aBool\":true}", "{\"numbers\":[1,]}", "{\"numbers\":[,1]}",
    "{\"numbers\":[1 2]}",
    "{\"numbers\":[1", "{\"numbers\":[1}", "{\"aString\":\"a", "{\"aString\":\"\n\"}", "{\"aString\":\"\\x\"}",
    "{\"aString\":\"\\u12\"}", "{\"aString\":\"\\ud800\"}", "{\"aString\":\"\\udc00\"}",
    "{\"aString\":\"\\ud800\\ud800\"}",
    "{\"aString\":\"\\ud800x\"}", "{\"aString\":\"\\", "{\"aString\":\"\\u\"}", "{\"aBool\":truex}", "{\"aBool\":TRUE}",
    "\u{FEFF}{}",
    "/* */{}", "{\"maybe\":1}//", "{\"aString\":\"\\u123g\"}", "{\"nested\":1}", "{\"numbers\":{}}", "{\"counts\":[]}",
    "{\"aString\":1}", "{\"aBool\":\"true\"}", "{\"aBool\":1}", "{\"colorsByFlag\":{\"1\":1}}",
    "{\"childrenByNumber\":{\"a\":{}}}",
    "{\"childrenByNumber\":{1:{}}}",
  ]) func refuses(_ text: String) {
    #expect(code(text) != nil)
  }

  @Test func readsEscapes() throws {
    let text = #"{"\u006daybe":1,"aString":"\"\\\/\b\f\n\r\t\u00e9\ud83d\ude42\u0000"}"#
    let message = try Formats_Everything(jsonString: text)
    #expect(message.maybe == 1)
    #expect(message.aString == "\"\\/\u{8}\u{C}\n\r\té🙂\u{0}")
  }

  @Test func refusesBytesThatAreNotUTF8() {
    let bytes = Array(#"{"aString":""#.utf8) + [0xC3] + Array(#""}"#.utf8)
    let error = #expect(throws: JSONDecodingError.self) { try Formats_Everything(jsonUTF8Bytes: bytes) }
    #expect(error?.code == .malformed)
  }

  @Test func saysWhereItFails() {
    let error = #expect(throws: JSONDecodingError.self) {
      try Formats_Everything(jsonString: "{\n  \"aString\": \"é\", \"maybe\": true\n}")
    }
    #expect(error?.message == "the value of the field maybe is not of its type (line 2, column 28)")
  }

  @Test func asksForRequiredFields() throws {
    let error = #expect(throws: JSONDecodingError.self) { try Formats_Other_Old(jsonString: #"{"text":"a"}"#) }
    #expect(error?.code == .missingField)
    #expect(error?.message.hasPrefix("formats.other.Old lacks the required field id") == true)
    let message = try Formats_Other_Old(jsonString: #"{"id":0,"inner":{"old":{"id":5}}}"#)
    #expect(message.inner?.old?.id == 5)
  }

  @Test(arguments: [#"{"id":null}"#, #"{"id":null,"text":"a"}"#, #"{"id":1,"inner":{"old":{"id":null}}}"#])
  func doesNotTakeNullForARequiredField(_ text: String) {
    let error = #expect(throws: JSONDecodingError.self) { try Formats_Other_Old(jsonString: text) }
    #expect(error?.code == .missingField)
    #expect(error?.message.hasPrefix("formats.other.Old lacks the required field id (line 1") == true)
  }

  @Test func countsNullAmongDuplicates() throws {
    #expect(try Formats_Other_Old(jsonString: #"{"id":1,"text":null}"#).text == nil)
    for text in [
      #"{"id":null,"id":1}"#, #"{"id":1,"id":null}"#, #"{"id":1,"text":null,"text":"a"}"#,
      #"{"id":1,"text":null,"text":null}"#,
    ] {
      let error = #expect(throws: JSONDecodingError.self) { try Formats_Other_Old(jsonString: text) }
      #expect(error?.code == .duplicateField, "\(text)")
    }
  }
}
