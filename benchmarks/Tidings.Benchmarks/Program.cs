using Tidings.Benchmarks;

switch (args)
{
    case ["decoder"]:
        await DecoderBenchmark.RunAsync(Console.Out);
        return 0;
    default:
        await Console.Error.WriteLineAsync("Which benchmark? One of: decoder");
        return 2;
}
