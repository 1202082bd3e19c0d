using System.Text;
using System.Threading.Channels;
using Tidings.Testing;

namespace Tidings.Server.Tests;

/// <summary>A terminal around a command that runs inside the test: input is what the test gives, output and messages are texts.</summary>
internal sealed class TestTerminal
{
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    public Stream Input { get; init; } = Stream.Null;

    public bool IsInputTyped { get; init; }

    public bool IsOutputSeen { get; init; }

    public bool IsErrorSeen { get; init; }

    public Func<bool> IsOutputAbandoned { get; init; } = () => false;

    public Dictionary<string, string> Variables { get; init; } = [];

    public TimeProvider Time { get; init; } = TimeProvider.System;

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public static Stream Typed(string text) => new MemoryStream(Encoding.UTF8.GetBytes(text));

    public async Task<ExitCode> RunAsync(params string[] args)
    {
        await using var output = new LineWriter(_output, _lines.Writer);
        await using var error = new StringWriter(_error);
        return await CommandLine.RunAsync(args, new Terminal
        {
            Input = Input,
            IsInputTyped = IsInputTyped,
            Output = output,
            IsOutputSeen = IsOutputSeen,
            IsOutputAbandoned = IsOutputAbandoned,
            Error = error,
            IsErrorSeen = IsErrorSeen,
            Variable = Variables.GetValueOrDefault,
            Time = Time,
        });
    }

    /// <summary>The next whole line of the output, as soon as it is there.</summary>
    public Task<string> ReadOutputLineAsync() => _lines.Reader.ReadAsync().AsTask().WaitAsync(Hang.Limit);

    private sealed class LineWriter(StringBuilder text, ChannelWriter<string> lines) : StringWriter(text)
    {
        public override void Write(string? value)
        {
            base.Write(value);
            foreach (string line in (value ?? "").Split('\n')[..^1])
            {
                lines.TryWrite(line);
            }
        }

        public override async Task WriteLineAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default)
        {
            await base.WriteLineAsync(buffer, cancellationToken);
            lines.TryWrite(buffer.ToString());
        }
    }
}
