namespace Tidings.Script.Tests;

/// <summary>The browser's module, judged by programs for Node.js and by the TypeScript compiler. Its tabs and pages are tested in browsers (<c>Tidings.Browser.Tests</c>).</summary>
public sealed class ScriptTests
{
    private const int MostBytes = 10 * 1024;

    [Theory]
    [InlineData("decoder.test.mjs")]
    [InlineData("stream.test.mjs")]
    [InlineData("shared.test.mjs")]
    public Task As_it_is_written_it_passes(string program) => PassAsync(program, ScriptFiles.Source);

    [Theory]
    [InlineData("decoder.test.mjs")]
    [InlineData("stream.test.mjs")]
    [InlineData("shared.test.mjs")]
    public async Task As_it_is_served_it_passes(string program)
    {
        DirectoryInfo directory = Directory.CreateTempSubdirectory("tidings-script-");
        string served = Path.Combine(directory.FullName, "tidings.mjs");
        await File.WriteAllBytesAsync(served, await ScriptFiles.ServedAsync(), TestContext.Current.CancellationToken);
        try
        {
            await PassAsync(program, served);
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task It_is_served_in_less_than_10_KiB()
    {
        byte[] served = await ScriptFiles.ServedAsync();

        Assert.InRange(served.Length, 1, MostBytes - 1);
        Assert.StartsWith("// TidingsSource", System.Text.Encoding.UTF8.GetString(served), StringComparison.Ordinal);
    }

    [Fact]
    public Task Its_types_are_strict_and_those_that_are_declared_can_be_used()
    {
        string compiler = Path.Combine(ScriptFiles.Repository, "artifacts/script/node_modules/typescript/bin/tsc");
        Assert.True(File.Exists(compiler), "TypeScript is not installed; ./test does that.");
        return ScriptFiles.RunAsync("node", [compiler, "--project", Path.Combine(ScriptFiles.Repository, "tests/Tidings.Script.Tests/Programs/tsconfig.json")]);
    }

    private static Task PassAsync(string program, string script) => ScriptFiles.RunAsync(
        "node", ["--test", Path.Combine(ScriptFiles.Repository, "tests/Tidings.Script.Tests/Programs", program)], ("TIDINGS_SCRIPT", script));
}
