using System.Runtime.InteropServices;
using Tidings.Bench;

if (BenchOptions.Parse(args, out string? wrong) is not { } options)
{
    await Console.Error.WriteLineAsync($"./bench: {wrong} See: ./bench --help");
    return 2;
}

using var stop = new CancellationTokenSource();
void Stop(PosixSignalContext context)
{
    // The servers are stopped first; the process ends when that is done.
    context.Cancel = true;
    stop.Cancel();
}

using PosixSignalRegistration interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
using PosixSignalRegistration terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
try
{
    return await BenchRun.RunAsync(options, stop.Token) ? 0 : 1;
}
catch (OperationCanceledException) when (stop.IsCancellationRequested)
{
    return 130;
}
catch (BenchFailedException failure)
{
    await Console.Error.WriteLineAsync($"./bench: {failure.Message}");
    return 1;
}
