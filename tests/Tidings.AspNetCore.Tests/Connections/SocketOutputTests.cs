using System.Buffers;
using System.IO.Pipelines;
using System.Net;
using System.Net.Sockets;

namespace Tidings.AspNetCore.Tests.Connections;

public sealed class SocketOutputTests : IAsyncLifetime
{
    private readonly Pipe _inner = new();
    private Socket _server = null!; // set before each test
    private Socket _client = null!;
    private SocketOutput _output = null!;

    public async ValueTask InitializeAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen();
        _client = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveBufferSize = 4096 };
        Task<Socket> accepting = listener.AcceptAsync(TestApp.Cancellation).AsTask();
        await _client.ConnectAsync(listener.LocalEndPoint!, TestApp.Cancellation); // not null: it is bound
        _server = await accepting;
        _server.SendBufferSize = 4096;
        _server.Blocking = false;
        _output = new SocketOutput(_server, _inner.Writer);
    }

    public ValueTask DisposeAsync()
    {
        _server.Dispose();
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task A_flush_that_the_kernel_takes_is_over_at_once_and_keeps_no_buffer()
    {
        _output.Write("one "u8);
        _output.Write("flush"u8);
        Assert.Equal(9, _output.UnflushedBytes);

        ValueTask<FlushResult> flush = _output.FlushAsync(TestApp.Cancellation);

        Assert.True(flush.IsCompletedSuccessfully);
        Assert.False((await flush).IsCompleted);
        Assert.Equal(0, _output.UnflushedBytes);
        Assert.True(_output.Unflushed.IsEmpty);
        Assert.Equal("one flush"u8.ToArray(), await ReceiveAsync(9));
    }

    [Fact]
    public async Task What_the_kernel_does_not_take_is_sent_as_the_client_reads_whole_and_in_order()
    {
        byte[] large = [.. Enumerable.Range(0, 4 * 1024 * 1024).Select(index => (byte)(index % 251))];
        _output.Write(large);

        ValueTask<FlushResult> flush = _output.FlushAsync(TestApp.Cancellation);

        Assert.False(flush.IsCompleted);
        byte[] received = await ReceiveAsync(large.Length);
        Assert.False((await flush).IsCompleted);
        Assert.True(large.AsSpan().SequenceEqual(received));
        Assert.Equal(0, _output.UnflushedBytes);
    }

    [Fact]
    public async Task Bytes_that_are_skipped_are_not_sent()
    {
        _output.Write("---data"u8);
        _output.SkipFirst(3);
        Assert.Equal(4, _output.UnflushedBytes);
        await _output.FlushAsync(TestApp.Cancellation);
        _output.Write("!"u8);
        await _output.FlushAsync(TestApp.Cancellation);

        Assert.Equal("data!"u8.ToArray(), await ReceiveAsync(5));
    }

    [Fact]
    public async Task A_client_that_is_gone_completes_the_flush_and_every_later_one()
    {
        _client.LingerState = new LingerOption(enable: true, seconds: 0);
        _client.Dispose();
        FlushResult result;
        do
        {
            _output.Write("into the void"u8); // the first may still be taken by the kernel
            result = await _output.FlushAsync(TestApp.Cancellation);
        }
        while (!result.IsCompleted);

        _output.Write("more"u8);
        Assert.True((await _output.FlushAsync(TestApp.Cancellation)).IsCompleted);
        Assert.Equal(0, _output.UnflushedBytes);
    }

    [Fact]
    public async Task A_socket_that_is_closed_ends_the_flush_that_waits()
    {
        _output.Write(new byte[4 * 1024 * 1024]);
        ValueTask<FlushResult> flush = _output.FlushAsync(TestApp.Cancellation);
        Assert.False(flush.IsCompleted);

        _server.Dispose();

        Assert.True((await flush).IsCompleted);
    }

    [Fact]
    public async Task A_socket_that_is_closed_already_completes_the_flush()
    {
        _server.Dispose();
        _output.Write("late"u8);

        Assert.True((await _output.FlushAsync(TestApp.Cancellation)).IsCompleted);
    }

    [Fact]
    public async Task Completing_it_completes_the_transport_once_what_was_flushed_is_sent()
    {
        byte[] large = new byte[4 * 1024 * 1024];
        _output.Write(large);
        ValueTask<FlushResult> flush = _output.FlushAsync(TestApp.Cancellation);

        _output.Complete();
        _output.Complete();

        Assert.False(_inner.Reader.TryRead(out _));
        await ReceiveAsync(large.Length);
        await flush;
        Assert.True((await _inner.Reader.ReadAsync(TestApp.Cancellation)).IsCompleted);
    }

    [Fact]
    public void What_is_asked_for_is_there_and_no_more_can_be_advanced()
    {
        Assert.True(_output.GetSpan().Length > 0);
        Assert.True(_output.GetMemory(100_000).Length >= 100_000);
        _output.Advance(100_000);
        Assert.True(_output.GetSpan(1).Length >= 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => _output.Advance(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => _output.Advance(1_000_000));
    }

    private async Task<byte[]> ReceiveAsync(int count)
    {
        byte[] received = new byte[count];
        for (int length = 0; length < count;)
        {
            int read = await _client.ReceiveAsync(received.AsMemory(length), TestApp.Cancellation);
            Assert.NotEqual(0, read);
            length += read;
        }

        return received;
    }
}
