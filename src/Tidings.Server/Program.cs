using Tidings.Server;

return (int)await CommandLine.RunAsync(args, Terminal.OfProcess());
