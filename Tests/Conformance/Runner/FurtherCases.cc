#include "FurtherCases.h"

#include "Wire.h"
#include "conformance.pb.h"
#include "google/protobuf/test_messages_proto2.pb.h"
#include "google/protobuf/test_messages_proto3.pb.h"
#include "presence.pb.h"

using conformance::ConformanceResponse;
using coregrpc::conformance::Presence;
using google::protobuf::Message;
using protobuf_test_messages::proto2::TestAllTypesProto2;
using protobuf_test_messages::proto3::TestAllTypesProto3;
using std::string;
using wire::Bytes;
using wire::Fixed32;
using wire::Fixed64;
using wire::Group;
using wire::Nested;
using wire::Number;

namespace {

const TestAllTypesProto2 proto2;
const TestAllTypesProto3 proto3;
const Presence presence;

constexpr uint32_t kNegativeZero32 = 0x80000000;
constexpr uint64_t kNegativeZero64 = 0x8000000000000000;

}  // namespace

void FurtherCases::RunSuiteImpl() {
  RunStrings();
  RunMaps();
  RunDepth();
  RunPresence();
  RunGroups();
  RunWrongWireTypes();
  RunNegativeZero();
  RunUnknownFields();
}

void FurtherCases::RunStrings() {
  const string text("a\0b", 3);
  const struct {
    const char* name;
    string (*place)(const string& text);
  } places[] = {
      {"Singular", [](const string& text) { return Bytes(14, text); }},
      {"Repeated", [](const string& text) { return Bytes(44, "x") + Bytes(44, text); }},
      {"OneOf", [](const string& text) { return Bytes(113, text); }},
      {"MapKey", [](const string& text) { return Bytes(69, Bytes(1, text) + Bytes(2, "x")); }},
      {"MapValue", [](const string& text) { return Bytes(69, Bytes(1, "x") + Bytes(2, text)); }},
  };
  const struct {
    const char* name;
    string bytes;
  } invalid[] = {
      {"LoneContinuation", "a\x80"},   {"Truncated", "\xE2\x82"},           {"Overlong", "\xC0\xAF"},
      {"Surrogate", "\xED\xA0\x80"},   {"BeyondUnicode", "\xF4\x90\x80\x80"}, {"NotUTF8", "\xFF"},
  };
  for (const auto& place : places) {
    Same(proto2, string("NUL.") + place.name, place.place(text));
    Same(proto3, string("NUL.") + place.name, place.place(text));
    for (const auto& bytes : invalid)
      Refused(proto3, string("InvalidUTF8.") + place.name + "." + bytes.name, place.place(bytes.bytes));
  }
}

void FurtherCases::RunMaps() {
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    const string entry = Bytes(56, Number(1, 5) + Number(2, 6));
    Equivalent(*type, "Map.KeyTwice", Bytes(56, Number(1, 5) + Number(2, 7)) + entry, entry);
    Equivalent(*type, "Map.NoKey", Bytes(56, Number(2, 6)), Bytes(56, Number(1, 0) + Number(2, 6)));
    Equivalent(*type, "Map.NoValue", Bytes(56, Number(1, 5)), Bytes(56, Number(1, 5) + Number(2, 0)));
    Equivalent(*type, "Map.EmptyEntry", Bytes(56, ""), Bytes(56, Number(1, 0) + Number(2, 0)));
    Equivalent(*type, "Map.ValueBeforeKey", Bytes(56, Number(2, 6) + Number(1, 5)), entry);
    Equivalent(*type, "Map.FieldsOfEntryTwice",
               Bytes(56, Number(1, 1) + Number(2, 2) + Number(2, 6) + Number(1, 5)), entry);
    Equivalent(*type, "Map.UnknownFieldInEntry", Bytes(56, Number(1, 5) + Number(2, 6) + Number(9, 1)), entry);
    const string message = Bytes(71, Bytes(1, "k") + Bytes(2, Number(1, 4)));
    Equivalent(*type, "Map.NoMessage", Bytes(71, Bytes(1, "k")), Bytes(71, Bytes(1, "k") + Bytes(2, "")));
    Equivalent(*type, "Map.MessageTwice", Bytes(71, Bytes(1, "k") + Bytes(2, Number(1, 3)) + Bytes(2, Number(1, 4))),
               message);
    Equivalent(*type, "Map.KeyTwiceWithMessages", Bytes(71, Bytes(1, "k") + Bytes(2, Number(1, 3))) + message, message);
  }
}

void FurtherCases::RunDepth() {
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    Same(*type, "Depth.100", Nested(27, 100));
    Refused(*type, "Depth.101", Nested(27, 101));
    Refused(*type, "Depth.10000", Nested(27, 10000));
    string groups;
    for (int level = 0; level < 100000; ++level) groups += wire::Tag(1004, wire::kStartGroup);
    Refused(*type, "Depth.UnterminatedGroups", groups);
  }
}

void FurtherCases::RunPresence() {
  Same(presence, "Presence.Absent", "");
  Same(presence, "Presence.Number", Number(1, 0));
  Same(presence, "Presence.Flag", Number(2, 0));
  Same(presence, "Presence.Real", Fixed64(3, 0));
  Same(presence, "Presence.Text", Bytes(4, ""));
  Same(presence, "Presence.Data", Bytes(5, ""));
  Same(presence, "Presence.Enum", Number(6, 0));
  Same(presence, "Presence.Message", Bytes(7, ""));
  Same(presence, "Presence.LastWins", Bytes(7, Number(1, 0) + Bytes(4, "")));
  Equivalent(presence, "Presence.Merged", Bytes(7, Number(1, 3)) + Bytes(7, Number(2, 0)),
             Bytes(7, Number(1, 3) + Number(2, 0)));
  Same(proto2, "Presence.Number", Number(1, 0));
  Same(proto2, "Presence.Text", Bytes(14, ""));
  Same(proto2, "Presence.DefaultNumber", Number(243, 2123456789));
  Same(proto2, "Presence.DefaultFlag", Number(253, 0));
  Same(proto2, "Presence.DefaultText", Bytes(254, "Rosebud"));
  Same(proto2, "Presence.DefaultTextEmpty", Bytes(254, ""));
  Same(proto2, "Presence.UnknownEnumValue", Number(22, 77));
  Same(proto3, "Presence.UnknownEnumValue", Number(22, 77));
}

void FurtherCases::RunGroups() {
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    Same(*type, "Group.Unknown", Group(1004, Number(1, 5) + Bytes(2, "x")));
    Same(*type, "Group.UnknownNested", Group(1004, Group(1004, "") + Group(3, Number(1, 5)) + Fixed32(1, 1)));
    Same(*type, "Group.UnknownInMessage", Bytes(18, Group(1004, Number(1, 5))));
    Same(*type, "Group.InPlaceOfNumber", Group(1, Number(1, 5)));
    Refused(*type, "Group.Unterminated", wire::Tag(1004, wire::kStartGroup) + Number(1, 5));
    Refused(*type, "Group.OtherEnd",
            wire::Tag(1004, wire::kStartGroup) + Number(1, 5) + wire::Tag(1005, wire::kEndGroup));
    Refused(*type, "Group.LoneEnd", Number(1, 5) + wire::Tag(1004, wire::kEndGroup));
    Refused(*type, "Group.EndsOutsideMessage",
            Bytes(18, wire::Tag(1004, wire::kStartGroup)) + wire::Tag(1004, wire::kEndGroup));
  }
  Same(proto2, "Group.Known", Group(201, Number(202, 5) + Number(203, 6)));
  Equivalent(proto2, "Group.KnownTwice", Group(201, Number(202, 5)) + Group(201, Number(203, 6)),
             Group(201, Number(202, 5) + Number(203, 6)));
  Same(proto2, "Group.KnownAsMessage", Bytes(201, Number(202, 5)));
}

void FurtherCases::RunWrongWireTypes() {
  const struct {
    const char* name;
    string bytes;
  } cases[] = {
      {"VarintAsFixed32", Fixed32(1, 5)},
      {"VarintAsFixed64", Fixed64(1, 5)},
      {"VarintAsLength", Bytes(1, "x")},
      {"Fixed32AsVarint", Number(7, 5)},
      {"Fixed64AsFixed32", Fixed32(8, 5)},
      {"FloatAsFixed64", Fixed64(11, 5)},
      {"BoolAsLength", Bytes(13, "\x01")},
      {"StringAsVarint", Number(14, 5)},
      {"StringAsGroup", Group(14, Number(1, 5))},
      {"MessageAsVarint", Number(18, 5)},
      {"MessageAsGroup", Group(18, Number(1, 5))},
      {"EnumAsFixed32", Fixed32(21, 1)},
      {"RepeatedNumberAsFixed32", Fixed32(31, 5)},
      {"RepeatedStringAsVarint", Number(44, 5)},
      {"RepeatedMessageAsVarint", Number(48, 5)},
      {"MapAsVarint", Number(56, 5)},
      {"OneOfAsFixed64", Fixed64(111, 5)},
  };
  for (const auto& wrong : cases) {
    Same(proto2, string("WrongWireType.") + wrong.name, wrong.bytes);
    Same(proto3, string("WrongWireType.") + wrong.name, wrong.bytes);
  }
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    Equivalent(*type, "WrongWireType.BesideTheRightOne", Fixed32(1, 5) + Number(1, 7), Number(1, 7) + Fixed32(1, 5));
    Equivalent(*type, "WrongWireType.InMessage", Bytes(18, Bytes(1, "x") + Number(1, 7)),
               Bytes(18, Number(1, 7) + Bytes(1, "x")));
    for (int type6or7 : {6, 7})
      Refused(*type, string("WrongWireType.NoSuchType") + std::to_string(type6or7),
              wire::Varint(1 << 3 | type6or7) + string(16, '\0'));
  }
}

void FurtherCases::RunNegativeZero() {
  Same(proto3, "NegativeZero.Float", Fixed32(11, kNegativeZero32));
  Same(proto3, "NegativeZero.Double", Fixed64(12, kNegativeZero64));
  Same(proto3, "NegativeZero.Wrapper", Bytes(207, Fixed64(1, kNegativeZero64)));
  Same(proto3, "NegativeZero.InMessage", Bytes(27, Fixed64(12, kNegativeZero64)));
  Same(presence, "NegativeZero.Optional", Fixed64(3, kNegativeZero64));
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    Same(*type, "NegativeZero.OneOf", Fixed64(118, kNegativeZero64));
    Same(*type, "NegativeZero.MapValue", Bytes(67, Number(1, 1) + Fixed64(2, kNegativeZero64)));
    Same(*type, "NegativeZero.Packed", Bytes(86, Fixed64(1, kNegativeZero64).substr(1)));
  }
  Same(proto2, "NegativeZero.Double", Fixed64(12, kNegativeZero64));
}

void FurtherCases::RunUnknownFields() {
  const string unknown = Number(1001, 5) + Bytes(1002, string("a\0\xFF", 3)) + Fixed32(1003, 1) + Fixed64(1005, 2);
  for (const Message* type : {static_cast<const Message*>(&proto2), static_cast<const Message*>(&proto3)}) {
    Same(*type, "Unknown.Message", unknown);
    Same(*type, "Unknown.SubMessage", Bytes(18, unknown));
    Same(*type, "Unknown.RepeatedMessage", Bytes(48, unknown) + Bytes(48, ""));
    Same(*type, "Unknown.OneOfMessage", Bytes(112, unknown));
    Same(*type, "Unknown.MapValue", Bytes(71, Bytes(1, "k") + Bytes(2, unknown)));
    Same(*type, "Unknown.SameNumberTwice", Number(1001, 5) + Number(1001, 6));
    Equivalent(*type, "Unknown.BeforeKnown", unknown + Number(1, 5), Number(1, 5) + unknown);
    Equivalent(*type, "Unknown.Merged", Bytes(18, unknown) + Bytes(18, Number(1, 5)),
               Bytes(18, Number(1, 5) + unknown));
  }
  Same(proto2, "Unknown.Extension", Number(120, 5));
}

void FurtherCases::Equivalent(const Message& type, const string& name, const string& bytes, const string& equivalent) {
  ConformanceRequestSetting setting(REQUIRED, conformance::PROTOBUF, conformance::PROTOBUF, conformance::BINARY_TEST,
                                    type, "Further." + name, bytes);
  RunValidBinaryInputTest(setting, equivalent);
}

void FurtherCases::Same(const Message& type, const string& name, const string& bytes) {
  ConformanceRequestSetting setting(REQUIRED, conformance::PROTOBUF, conformance::PROTOBUF, conformance::BINARY_TEST,
                                    type, "Further." + name, bytes);
  RunValidBinaryInputTest(setting, bytes, true);
}

void FurtherCases::Refused(const Message& type, const string& name, const string& bytes) {
  ConformanceRequestSetting setting(REQUIRED, conformance::PROTOBUF, conformance::PROTOBUF, conformance::BINARY_TEST,
                                    type, "Further." + name, bytes);
  ConformanceResponse response;
  RunTest(setting.GetTestName(), setting.GetRequest(), &response);
  if (response.result_case() == ConformanceResponse::kParseError) {
    ReportSuccess(setting.GetTestName());
  } else if (response.result_case() == ConformanceResponse::kSkipped) {
    ReportSkip(setting.GetTestName(), setting.GetRequest(), response);
  } else {
    // A request of a hundred thousand levels is not for printing.
    ReportFailure(setting.GetTestName(), REQUIRED, {}, {}, "The bytes were not refused.");
  }
}

bool FurtherCases::ParseResponse(const ConformanceResponse& response, const ConformanceRequestSetting& setting,
                                 Message* message) {
  if (response.has_protobuf_payload() && message->ParseFromString(response.protobuf_payload())) return true;
  ReportFailure(setting.GetTestName(), setting.GetLevel(), setting.GetRequest(), response,
                "The answer is no message in binary.");
  return false;
}
