namespace Tidings.Browser.Tests;

/// <summary>A hub for development as its users run it: <c>tidings serve --dev</c> on a port that is free.</summary>
public sealed class DevHub : IAsyncDisposable
{
    private const string PageLine = "  page  ";

    private readonly ServerProcess _process;

    private DevHub(ServerProcess process, string page)
    {
        _process = process;
        Page = page;
    }

    /// <summary>The address of its page.</summary>
    public string Page { get; }

    public static async Task<DevHub> StartAsync()
    {
        ServerProcess process = TidingsCommand.Start("serve", "--dev", "--urls", "http://127.0.0.1:0");
        try
        {
            string line = (await process.WaitForLinesAsync(PageLine))[0];
            return new DevHub(process, line[(line.IndexOf(PageLine, StringComparison.Ordinal) + PageLine.Length)..].Trim());
        }
        catch
        {
            await process.DisposeAsync();
            throw;
        }
    }

    public ValueTask DisposeAsync() => _process.DisposeAsync();
}
