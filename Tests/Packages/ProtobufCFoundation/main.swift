import Foundation
import ProtobufCFoundation
import ProtobufCWellKnownTypes

let moment = try Google_Protobuf_Timestamp(date: Date(timeIntervalSince1970: 1))
precondition(moment.seconds == 1)
