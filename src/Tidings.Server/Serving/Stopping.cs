using System.Runtime.InteropServices;

namespace Tidings.Server;

/// <summary>The end of a hub: in order when it is told to stop, and at once when it is told a second time.</summary>
internal static class Stopping
{
    /// <summary>Waits until the app is told to stop, and stops it.</summary>
    public static async Task RunAsync(WebApplication app, CancellationToken cancellationToken)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        using CancellationTokenRegistration stopping = app.Lifetime.ApplicationStopping.Register(() => told.TrySetResult());
        using CancellationTokenRegistration cancelled = cancellationToken.Register(app.Lifetime.StopApplication);
        await told.Task;

        using var hurry = new CancellationTokenSource();
        using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Hurry);
        using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Hurry);
        try
        {
            await app.StopAsync(hurry.Token);
        }
        catch (OperationCanceledException) when (hurry.IsCancellationRequested)
        {
            // Streams were cut. What was acknowledged is stored all the same, and their readers come back with their cursors.
        }

        void Hurry(PosixSignalContext signal)
        {
            signal.Cancel = true;
            hurry.Cancel();
        }
    }
}
