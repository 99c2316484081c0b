/** What this browser's owner prefers: language, colours, screen reader. Kept in local storage. */
import type { Language } from '../../server/contract.ts'
import { en } from '../messages/en.ts'
import type { MessageKey, Messages } from '../messages/en.ts'
import { ko } from '../messages/ko.ts'

export const LANGUAGES: Record<Language, { name: string; messages: Messages }> = {
  en: { name: 'English', messages: en },
  ko: { name: '한국어', messages: ko },
}
export const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]

const KEY = 'kubeflight.preferences'

interface Stored {
  language?: string
  theme?: string
  screenReader?: boolean
}

function read(): Stored {
  try {
    const stored: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}')
    return typeof stored === 'object' && stored !== null ? stored : {}
  } catch {
    return {}
  }
}

const isLanguage = (text: string | undefined): text is Language => text === 'en' || text === 'ko'
const isTheme = (text: string | undefined): text is Theme => THEMES.some((theme) => theme === text)
const browserLanguage = (): Language => (navigator.language.startsWith('ko') ? 'ko' : 'en')

class Preferences {
  language = $state<Language>('en')
  theme = $state<Theme>('system')
  screenReader = $state(false)

  constructor() {
    const stored = read()
    this.language = isLanguage(stored.language) ? stored.language : browserLanguage()
    this.theme = isTheme(stored.theme) ? stored.theme : 'system'
    this.screenReader = stored.screenReader === true
  }

  /** Puts the preferences on the page and into storage; called in an effect. */
  apply(): void {
    document.documentElement.lang = this.language
    document.documentElement.dataset['theme'] = this.theme
    const stored: Stored = { language: this.language, theme: this.theme, screenReader: this.screenReader }
    try {
      localStorage.setItem(KEY, JSON.stringify(stored))
    } catch {
      // Storage may be closed (private windows): the choice then lasts until the page is left.
    }
  }
}

export const preferences = new Preferences()

/** The message in the page's language, with `{name}` replaced. */
export function t(key: MessageKey, values: Record<string, string | number> = {}): string {
  const message = LANGUAGES[preferences.language].messages[key]
  return message.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}

/** The message for a name that comes from data (a domain, a difficulty), or the name made readable. */
export function tName(family: 'domain' | 'difficulty', name: string): string {
  const found = Object.entries(LANGUAGES[preferences.language].messages).find(([key]) => key === `${family}.${name}`)
  return found?.[1] ?? name.charAt(0).toUpperCase() + name.slice(1).replaceAll('-', ' ')
}

/** A scenario's text in the page's language, else in English. */
export function inLanguage(texts: { en: string } & Partial<Record<Language, string>>): string {
  return texts[preferences.language] ?? texts.en
}
