/** Language and theme. */
import { locale, setLocale } from "../i18n";
import { Button } from "../ui/parts";
import { text } from "./text";
import { theme, toggleTheme } from "./theme";

export function LookButtons() {
  const t = text.value;
  return (
    <>
      <Button kind="quiet" icon="language" onClick={() => setLocale(locale.value === "zh" ? "en" : "zh")}>
        <span class="wide-only">{t.language}</span>
        <span class="hidden-visually narrow-only">{t.language}</span>
      </Button>
      <Button
        kind="quiet"
        icon={theme.value === "dark" ? "sun" : "moon"}
        label={theme.value === "dark" ? t.light : t.dark}
        onClick={toggleTheme}
      />
    </>
  );
}
