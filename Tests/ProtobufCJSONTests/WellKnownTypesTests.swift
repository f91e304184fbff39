import FormatMessages
import ProtobufC
import ProtobufCJSON
import ProtobufCWellKnownTypes
import Testing

@Suite struct WellKnownTypesTests {
  private func code(_ json: String, _ options: JSONDecodingOptions = JSONDecodingOptions()) -> JSONDecodingError.Code? {
    do throws(JSONDecodingError) {
      _ = try Formats_Everything(jsonString: json, options: options)
      return nil
    } catch {
      return error.code
    }
  }

  private func encodingCode(_ message: some Message) -> JSONEncodingError.Code? {
    do throws(JSONEncodingError) {
      _ = try message.jsonString()
      return nil
    } catch {
      return error.code
    }
  }

  // MARK: Time

  @Test(arguments: [
    (0, 0, "1970-01-01T00:00:00Z"), (-1, 500_000_000, "1969-12-31T23:59:59.500Z"),
    (-62_135_596_800, 0, "0001-01-01T00:00:00Z"), (253_402_300_799, 999_999_999, "9999-12-31T23:59:59.999999999Z"),
    (951_782_400, 1000, "2000-02-29T00:00:00.000001Z"), (951_868_800, 0, "2000-03-01T00:00:00Z"),
    (1_764_423_436, 123_000_000, "2025-11-29T13:37:16.123Z"), (-2_203_891_200, 0, "1900-03-01T00:00:00Z"),
    (-11_670_998_400, 0, "1600-02-29T00:00:00Z"),
  ]) func timestamps(_ seconds: Int64, _ nanos: Int32, _ text: String) throws {
    let timestamp = Google_Protobuf_Timestamp(seconds: seconds, nanos: nanos)
    #expect(try timestamp.jsonString() == "\"\(text)\"")
    #expect(try Google_Protobuf_Timestamp(jsonString: "\"\(text)\"") == timestamp)
  }

  @Test func everyDayIsReadAsItIsWritten() throws {
    // A step that meets all days of a year, and leap years of all kinds.
    for day in stride(from: Int64(-719_162), through: 2_932_896, by: 977) {
      let timestamp = Google_Protobuf_Timestamp(seconds: day * 86_400 + 86_399, nanos: 1)
      #expect(try Google_Protobuf_Timestamp(jsonString: timestamp.jsonString()) == timestamp)
    }
  }

  @Test func timestampsHaveOffsets() throws {
    let timestamp = try Google_Protobuf_Timestamp(jsonString: #""1970-01-01T01:30:00.25+01:30""#)
    #expect(timestamp == Google_Protobuf_Timestamp(seconds: 0, nanos: 250_000_000))
    #expect(try Google_Protobuf_Timestamp(jsonString: #""1969-12-31T23:00:00-01:00""#) == Google_Protobuf_Timestamp())
  }

  @Test(arguments: [
    "", "1970-01-01", "1970-01-01T00:00:00", "1970-01-01t00:00:00Z", "1970-01-01T00:00:00z", "1970-01-01 00:00:00Z",
    "1970-13-01T00:00:00Z", "1970-00-01T00:00:00Z", "1970-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
    "1970-01-00T00:00:00Z",
    "1970-01-01T24:00:00Z", "1970-01-01T00:60:00Z", "1970-01-01T00:00:60Z", "1970-01-01T00:00:00.Z",
    "1970-01-01T00:00:00.1234567890Z", "1970-01-01T00:00:00+0100", "1970-01-01T00:00:00Zx", "0000-01-01T00:00:00Z",
    "0001-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "10000-01-01T00:00:00Z", "-001-01-01T00:00:00Z", "x",
    "1970-1-01T00:00:00Z",
  ]) func refusesTimestamps(_ text: String) {
    #expect(code("{\"time\":\"\(text)\"}") == .invalidValue)
  }

  @Test(arguments: [
    (0, 0, "0s"), (1, 0, "1s"), (-1, 0, "-1s"), (1, 500_000_000, "1.500s"), (0, -1, "-0.000000001s"),
    (-3, -1000, "-3.000001s"), (315_576_000_000, 999_999_999, "315576000000.999999999s"),
  ]) func durations(_ seconds: Int64, _ nanos: Int32, _ text: String) throws {
    let duration = Google_Protobuf_Duration(seconds: seconds, nanos: nanos)
    #expect(try duration.jsonString() == "\"\(text)\"")
    #expect(try Google_Protobuf_Duration(jsonString: "\"\(text)\"") == duration)
  }

  @Test(arguments: [
    "", "s", "1", "1.s", ".5s", "1 s", " 1s", "+1s", "--1s", "1.1234567890s", "315576000001s", "-315576000001s", "1e3s",
    "1S",
    "99999999999999999999s",
  ]) func refusesDurations(_ text: String) {
    #expect(code("{\"duration\":\"\(text)\"}") == .invalidValue)
  }

  @Test func refusesToWriteInvalidTimes() {
    #expect(encodingCode(Google_Protobuf_Timestamp(seconds: 0, nanos: -1)) == .invalidValue)
    #expect(encodingCode(Google_Protobuf_Timestamp(seconds: 253_402_300_800)) == .invalidValue)
    #expect(encodingCode(Google_Protobuf_Timestamp(seconds: .min)) == .invalidValue)
    #expect(encodingCode(Google_Protobuf_Duration(seconds: 1, nanos: -1)) == .invalidValue)
    #expect(encodingCode(Google_Protobuf_Duration(seconds: 0, nanos: .min)) == .invalidValue)
  }

  // MARK: Field masks

  @Test func fieldMasks() throws {
    let mask = Google_Protobuf_FieldMask(protoPaths: "foo_bar", "baz.user_id2")
    #expect(try mask.jsonString() == #""fooBar,baz.userId2""#)
    #expect(try Google_Protobuf_FieldMask(jsonString: #""fooBar,baz.userId2""#) == mask)
    #expect(try Google_Protobuf_FieldMask(jsonString: #""""#) == Google_Protobuf_FieldMask())
    for path in ["fooBar", "foo_3_bar", "foo__bar", "foo_", "foo_.a", "é"] {
      #expect(encodingCode(Google_Protobuf_FieldMask(protoPaths: path)) == .invalidValue, "\(path)")
    }
    for text in ["foo_bar", "foo bar", "a, b"] { #expect(code("{\"mask\":\"\(text)\"}") == .invalidValue) }
  }

  // MARK: JSON in messages

  @Test func values() throws {
    let text = #"{"object":{"a":[null,true,"x",1.5,{}]},"value":[],"list":[{"b":null}]}"#
    let message = Formats_Everything.with {
      $0.object = ["a": [nil, true, "x", 1.5, [:]]]
      $0.value = []
      $0.list = [["b": nil]]
    }
    #expect(try Formats_Everything(jsonString: text) == message)
    #expect(try message.jsonString() == text)
    #expect(try Google_Protobuf_Value(jsonString: " null ") == .null)
    #expect(try Google_Protobuf_Value().jsonString() == "null")
    for text in [#"{"object":[]}"#, #"{"list":{}}"#, #"{"object":1}"#, #"{"value":1e999}"#, #"{"value":nope}"#] {
      #expect(code(text) != nil)
    }
    #expect(encodingCode(Google_Protobuf_Value(numberValue: .nan)) == .invalidValue)
    #expect(encodingCode(Google_Protobuf_Value(numberValue: -.infinity)) == .invalidValue)
  }

  @Test func wrappers() throws {
    let text = #"{"wrappedNumber":"0","wrappedBytes":"AA==","wrappedBool":false,"wrappedDouble":"NaN"}"#
    let message = try Formats_Everything(jsonString: text)
    #expect(message.wrappedNumber == 0)
    #expect(message.wrappedBytes?.value == [0])
    #expect(message.wrappedBool == false)
    #expect(message.wrappedDouble?.value.isNaN == true)
    #expect(try message.jsonString() == text)
    #expect(try Google_Protobuf_StringValue("a").jsonString() == "\"a\"")
    #expect(code(#"{"wrappedNumber":{"value":1}}"#) == .invalidValue)
  }

  // MARK: Any

  @Test func anyShowsItsMessage() throws {
    let any = Google_Protobuf_Any(packing: Formats_Everything.with { $0.maybe = 1 })
    let message = Formats_Everything.with { $0.any = any }
    let text = #"{"any":{"@type":"type.googleapis.com/formats.Everything","maybe":1}}"#
    #expect(try message.jsonString() == text)
    #expect(try Formats_Everything(jsonString: text) == message)
    let late = #"{"any": { "maybe":1, "@type":"type.googleapis.com/formats.Everything"}}"#
    #expect(try Formats_Everything(jsonString: late) == message)
    #expect(try Formats_Everything(jsonString: #"{"any":{}}"#).any == Google_Protobuf_Any())
    #expect(try Google_Protobuf_Any().jsonString() == "{}")
  }

  @Test func anyShowsWellKnownValues() throws {
    let any = Google_Protobuf_Any(packing: Google_Protobuf_Duration(seconds: 1))
    let text = #"{"@type":"type.googleapis.com/google.protobuf.Duration","value":"1s"}"#
    #expect(try any.jsonString() == text)
    #expect(try Google_Protobuf_Any(jsonString: text) == any)
    let nested = Google_Protobuf_Any(packing: any)
    #expect(try Google_Protobuf_Any(jsonString: nested.jsonString()) == nested)
    let empty = Google_Protobuf_Any(packing: Google_Protobuf_Empty())
    #expect(try Google_Protobuf_Any(jsonString: empty.jsonString()) == empty)
  }

  @Test func anyTakesTypesFromTheOptions() throws {
    let any = Google_Protobuf_Any(packing: Formats_Other_Old.with { $0.id = 7 })
    #expect(encodingCode(any) == .unknownType)
    var options = JSONEncodingOptions()
    options.types = [Formats_Other_Old.self]
    let text = try any.jsonString(options: options)
    #expect(text == #"{"@type":"type.googleapis.com/formats.other.Old","id":7}"#)
    let error = #expect(throws: JSONDecodingError.self) { try Google_Protobuf_Any(jsonString: text) }
    #expect(error?.code == .unknownType)
    var decoding = JSONDecodingOptions()
    decoding.types = MessageTypeRegistry(files: [Formats_Other_Old.protoFileDescriptor])
    #expect(try Google_Protobuf_Any(jsonString: text, options: decoding) == any)
  }

  @Test(arguments: [
    #"{"any":{"maybe":1}}"#, #"{"any":{"@type":1}}"#, #"{"any":{"@type":""}}"#,
    #"{"any":{"@type":"formats.Everything"}}"#,
    #"{"any":{"@type":"/formats.Everything","@type":"/formats.Everything"}}"#, #"{"any":[]}"#,
    #"{"any":{"@type":"/formats.Everything","x":1}}"#, #"{"any":{"@type":"/google.protobuf.Duration"}}"#,
    #"{"any":{"@type":"/google.protobuf.Duration","value":"1s","value":"1s"}}"#,
    #"{"any":{"@type":"/google.protobuf.Duration","value":"1s","x":"1s"}}"#,
    #"{"any":{"value":"1s","@type":"/google.protobuf.X"}}"#,
  ]) func refusesAny(_ text: String) {
    #expect(code(text) != nil)
  }

  @Test func refusesBrokenContentOfAny() {
    let url = "/formats.Everything"
    // A tag alone, a string, field 14, that is not UTF-8, a packed list that is cut off, and a group without an end.
    for value: [UInt8] in [[0x08], [0x72, 1, 0xFF], [0xA2, 0x01, 1, 0x80], [0x0B]] {
      let message = Formats_Everything.with { $0.any = Google_Protobuf_Any(typeURL: url, value: value) }
      #expect(encodingCode(message) == .malformed)
    }
    #expect(encodingCode(Google_Protobuf_Any(typeURL: "nowhere", value: [1])) == .unknownType)
  }
}
