// grpc-go's server in its default configuration: server_go --port PORT
package main

import (
	"bytes"
	"context"
	"flag"
	"io"
	"log"
	"net"
	"strconv"
	"time"
	"unicode/utf8"

	"benchpb"
	"computepb"

	"google.golang.org/grpc"
)

type computeService struct{}

func (computeService) SayHello(_ context.Context, request *computepb.HelloRequest) (*computepb.HelloReply, error) {
	return &computepb.HelloReply{Result: strconv.Itoa(utf8.RuneCountInString(request.Helloworld))}, nil
}

type benchService struct{}

func (benchService) PingPong(stream benchpb.Bench_PingPongServer) error {
	for {
		message, err := stream.Recv()
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		if err := stream.Send(message); err != nil {
			return err
		}
	}
}

func (benchService) ServerStream(request *benchpb.StreamRequest, stream benchpb.Bench_ServerStreamServer) error {
	message := &benchpb.Payload{Data: bytes.Repeat([]byte{'x'}, int(request.Size))}
	for sent := uint64(0); request.Count == 0 || sent < request.Count; sent++ {
		if err := stream.Send(message); err != nil {
			return err
		}
	}
	return nil
}

func (benchService) Block(_ context.Context, request *benchpb.BlockRequest) (*benchpb.Payload, error) {
	time.Sleep(time.Duration(request.Milliseconds) * time.Millisecond)
	return &benchpb.Payload{}, nil
}

func main() {
	port := flag.String("port", "50051", "the port to listen on")
	flag.Parse()
	listener, err := net.Listen("tcp", "127.0.0.1:"+*port)
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	computepb.RegisterComputeServer(server, computeService{})
	benchpb.RegisterBenchServer(server, benchService{})
	log.Fatal(server.Serve(listener))
}
