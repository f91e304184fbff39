import ProtobufCTextFormat
import ProtobufCWellKnownTypes

let duration = Google_Protobuf_Duration(seconds: 1, nanos: 500_000_000)
let text = duration.textFormatString()
let same = try Google_Protobuf_Duration(textFormatString: text)
precondition(text == "seconds: 1\nnanos: 500000000\n" && same == duration)
