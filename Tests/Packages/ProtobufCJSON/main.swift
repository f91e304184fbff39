import ProtobufCJSON
import ProtobufCWellKnownTypes

let duration = Google_Protobuf_Duration(seconds: 1, nanos: 500_000_000)
let text = try duration.jsonString()
let same = try Google_Protobuf_Duration(jsonString: text)
precondition(text == "\"1.500s\"" && same == duration)
